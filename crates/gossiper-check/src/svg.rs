//! A space-time diagram in SVG: a line for each replica, time to the right, an
//! arrow for each message that arrived, and a broken one for each that did not.

use std::fmt::{self, Debug, Write};

use crate::diagram::{Picture, window};
use crate::laws::Violation;
use crate::report::{Counterexample, short};

/// Pixels between two rows of the picture, between two replicas, and around it.
const STEP: usize = 150;
const LANE: usize = 90;
const MARGIN: usize = 100;

/// Characters of any text, at most.
const CHARS: usize = 180;

impl<O: Debug> Counterexample<O> {
    /// The diagram as an SVG document.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let picture = Picture::of_history(&self.history, &self.moments);
        draw(self.type_name, &picture, &self.violation)
    }
}

/// Draws `picture` and what it shows.
pub(crate) fn draw(type_name: &str, picture: &Picture, violation: &Violation) -> String {
    let mut svg = String::new();
    // Writing to a string does not fail.
    let _ = write_picture(&mut svg, type_name, picture, violation);
    svg
}

fn write_picture(
    svg: &mut String,
    type_name: &str,
    picture: &Picture,
    violation: &Violation,
) -> fmt::Result {
    let Picture { replicas, rows, .. } = picture;
    let (width, height) = (2 * MARGIN + rows.len() * STEP, MARGIN + (replicas + 1) * LANE);
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="monospace" font-size="12">"#
    )?;
    writeln!(
        svg,
        r##"<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#36c"/></marker></defs>"##
    )?;
    writeln!(svg, r##"<rect width="100%" height="100%" fill="#fff"/>"##)?;
    let law = violation.law;
    text(svg, 12, 24, "#c00", &format!("{} breaks \"{law}\"", short(type_name)))?;
    text(svg, 12, 44, "#555", law.meaning())?;
    for replica in 0..*replicas {
        let y = lane(replica);
        text(svg, 12, y + 4, "#000", &format!("replica {replica}"))?;
        line(svg, (MARGIN, y), (width - MARGIN / 2, y), r##"stroke="#999""##)?;
    }
    for (number, row) in rows.iter().enumerate() {
        let x = column(number);
        if let (false, Some(time)) = (picture.time.is_empty(), row.time) {
            text(svg, x - STEP / 3, 68, "#999", &format!("{} {time}", picture.time))?;
        }
        let Some(at) = row.at else {
            let style = r##"stroke="#aaa" stroke-dasharray="2 4""##;
            line(svg, (x, MARGIN - LANE / 4), (x, lane(*replicas)), style)?;
            text(svg, x - STEP / 3, lane(*replicas) - LANE / 3, "#555", &row.label)?;
            continue;
        };
        let y = lane(at);
        if let Some(arrow) = row.arrow {
            let (sent, other) = (arrow.sent.map_or(MARGIN, column), lane(arrow.other));
            if arrow.lost {
                // It ends half-way.
                let end = (x + STEP / 4, y.midpoint(other));
                line(svg, (x, y), end, r##"stroke="#c00" stroke-dasharray="4 3""##)?;
            } else {
                let style = r##"stroke="#36c" marker-end="url(#tip)""##;
                line(svg, (sent.min(x - STEP / 3), other), (x, y), style)?;
            }
        }
        writeln!(svg, r##"<circle cx="{x}" cy="{y}" r="5" fill="#000"/>"##)?;
        text(svg, x - STEP / 3, y - 12, "#000", &row.label)?;
        text(svg, x - STEP / 3, y + 22, "#080", row.state.as_deref().unwrap_or_default())?;
    }
    let bottom = height - LANE / 2;
    text(svg, 12, bottom, "#c00", &violation.what)?;
    for (i, (side, shown)) in violation.sides.iter().flatten().enumerate() {
        text(svg, 12, bottom + 18 * (i + 1), "#000", &format!("{side}: {shown}"))?;
    }
    writeln!(svg, "</svg>")
}

const fn column(row: usize) -> usize {
    MARGIN + STEP / 2 + row * STEP
}

const fn lane(replica: usize) -> usize {
    MARGIN + replica * LANE
}

fn line(svg: &mut String, from: (usize, usize), to: (usize, usize), style: &str) -> fmt::Result {
    let ((x1, y1), (x2, y2)) = (from, to);
    writeln!(svg, r#"<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" {style}/>"#)
}

fn text(svg: &mut String, x: usize, y: usize, colour: &str, text: &str) -> fmt::Result {
    write!(svg, r#"<text x="{x}" y="{y}" fill="{colour}">"#)?;
    for c in window(text, 0, CHARS).chars() {
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
