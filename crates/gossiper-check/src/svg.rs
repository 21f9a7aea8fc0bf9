//! A history as a space-time diagram in SVG: a line for each replica, time to
//! the right, an arrow for each message that arrived.

use std::fmt::{self, Debug, Write};

use crate::history::{History, Step};
use crate::report::{Counterexample, short};

/// Pixels between two steps, between two replicas, and around the picture.
const STEP: usize = 150;
const LANE: usize = 90;
const MARGIN: usize = 100;

impl<O: Debug> Counterexample<O> {
    /// The diagram as an SVG document.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let mut svg = String::new();
        // Writing to a string does not fail.
        let _ = self.write_svg(&mut svg);
        svg
    }

    fn write_svg(&self, svg: &mut String) -> fmt::Result {
        let History { replicas, steps } = &self.history;
        let (width, height) = (2 * MARGIN + steps.len() * STEP, MARGIN + (replicas + 1) * LANE);
        writeln!(
            svg,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="monospace" font-size="12">"#
        )?;
        writeln!(
            svg,
            r##"<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#36c"/></marker></defs>"##
        )?;
        writeln!(svg, r##"<rect width="100%" height="100%" fill="#fff"/>"##)?;
        let law = self.violation.law;
        text(svg, 12, 24, "#c00", &format!("{} breaks \"{law}\"", short(self.type_name)))?;
        text(svg, 12, 44, "#555", law.meaning())?;
        for replica in 0..*replicas {
            let y = lane(replica);
            text(svg, 12, y + 4, "#000", &format!("replica {replica}"))?;
            writeln!(
                svg,
                r##"<line x1="{MARGIN}" y1="{y}" x2="{}" y2="{y}" stroke="#999"/>"##,
                width - MARGIN / 2
            )?;
        }
        for (number, (step, shown)) in steps.iter().zip(&self.moments).enumerate() {
            let (x, y) = (column(number), lane(shown.at));
            if let Some((from_x, from_y)) = origin(steps, number, step) {
                writeln!(
                    svg,
                    r##"<line x1="{from_x}" y1="{from_y}" x2="{x}" y2="{y}" stroke="#36c" marker-end="url(#tip)"/>"##
                )?;
            }
            writeln!(svg, r##"<circle cx="{x}" cy="{y}" r="5" fill="#000"/>"##)?;
            text(svg, x - STEP / 3, y - 12, "#000", &shown.label)?;
            text(svg, x - STEP / 3, y + 22, "#080", &shown.state)?;
        }
        let bottom = height - LANE / 2;
        text(svg, 12, bottom, "#c00", &self.violation.what)?;
        for (i, (side, shown)) in self.violation.sides.iter().flatten().enumerate() {
            text(svg, 12, bottom + 18 * (i + 1), "#000", &format!("{side}: {shown}"))?;
        }
        writeln!(svg, "</svg>")
    }
}

/// Where the message of a step comes from: the operation that made it, or the
/// peer that answers at that moment.
fn origin<O>(steps: &[Step<O>], number: usize, step: &Step<O>) -> Option<(usize, usize)> {
    match step {
        Step::Deliver { message, .. } => steps.iter().enumerate().find_map(|(made, other)| {
            let Step::Op { at, message: own, .. } = other else { return None };
            (own == message).then_some((column(made), lane(*at)))
        }),
        Step::Pull { from, .. } => Some((column(number) - STEP / 3, lane(*from))),
        _ => None,
    }
}

const fn column(step: usize) -> usize {
    MARGIN + STEP / 2 + step * STEP
}

const fn lane(replica: usize) -> usize {
    MARGIN + replica * LANE
}

fn text(svg: &mut String, x: usize, y: usize, colour: &str, text: &str) -> fmt::Result {
    write!(svg, r#"<text x="{x}" y="{y}" fill="{colour}">"#)?;
    for c in text.chars() {
        match c {
            '<' => svg.push_str("&lt;"),
            '>' => svg.push_str("&gt;"),
            '&' => svg.push_str("&amp;"),
            c if c.is_control() => svg.push(' '),
            c => svg.push(c),
        }
    }
    writeln!(svg, "</text>")
}
