//! Bytes of an exchange against the events that were missed.

use std::error::Error;

use plotters::prelude::*;

use crate::Figure;
use crate::session::bytes;
use crate::ways::Way;

/// The lines: a type, what it stands for in the legend, and the ways that are shown.
const LINES: [(&str, Way, &str, RGBColor); 6] = [
    ("OrSet u64", Way::Log, "OrSet: the log", RGBColor(0x1b, 0x7f, 0x3b)),
    ("OrSet u64", Way::Dots, "OrSet: dots", RGBColor(0x1f, 0x5f, 0xb4)),
    ("OrSet u64", Way::Sketch, "OrSet: sketch", RGBColor(0xd9, 0x6c, 0x06)),
    ("OrSet u64", Way::Digest, "OrSet: digest, 2,000 gaps", RGBColor(0x7a, 0x4f, 0xa3)),
    ("GSet u64", Way::Sketch, "GSet: sketch", RGBColor(0xb8, 0x1d, 0x4a)),
    ("GSet u64", Way::Digest, "GSet: digest, all ids", RGBColor(0x55, 0x55, 0x55)),
];

/// Draws the largest states that were measured, on logarithmic axes.
pub(crate) fn draw(path: &str, figures: &[Figure]) -> Result<(), Box<dyn Error>> {
    let n = figures.iter().map(|figure| figure.n).max().ok_or("nothing was measured")?;
    let shown = figures.iter().filter(|figure| figure.n == n && figure.d > 0);
    let last = shown.clone().map(|figure| figure.d).max().unwrap_or(1);
    let total = |figure: &Figure| figure.bill.bytes.iter().sum::<usize>() as f64;
    let most = shown.clone().map(total).fold(1e3, f64::max);

    let root = SVGBackend::new(path, (720, 440)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(format!("Bytes of an exchange, {n} elements"), ("sans-serif", 22))
        .margin(12)
        .x_label_area_size(48)
        .y_label_area_size(84)
        .build_cartesian_2d(
            (0.8..last as f64 * 1.25).log_scale(),
            (20.0..most * 3.0).log_scale(),
        )?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", 15))
        .axis_desc_style(("sans-serif", 17))
        .x_desc("events that the asker lacks")
        .y_desc("bytes both ways, frames included")
        .x_label_formatter(&|d| format!("{d:.0}"))
        .y_label_formatter(&|count| bytes(*count))
        .draw()?;
    for (subject, way, name, colour) in LINES {
        let points: Vec<_> = shown
            .clone()
            .filter(|figure| figure.subject == subject && figure.way == way)
            .map(|figure| (figure.d as f64, total(figure)))
            .collect();
        chart
            .draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .label_font(("sans-serif", 16))
        .position(SeriesLabelPosition::LowerRight)
        .border_style(TRANSPARENT)
        .draw()?;
    root.present()?;
    Ok(())
}
