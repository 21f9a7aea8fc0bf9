//! The figures as pictures.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

const COLOURS: [RGBColor; 5] = [
    RGBColor(200, 30, 60),
    RGBColor(120, 120, 120),
    RGBColor(40, 110, 190),
    RGBColor(30, 150, 90),
    RGBColor(180, 120, 20),
];

/// A line of points (x, y) with its name.
pub type Line = (String, Vec<(f64, f64)>);

/// Draws lines into a file, with logarithmic bytes upwards and the names of lines
/// in a corner.
pub fn draw(
    file: &Path,
    title: &str,
    x_axis: (&str, Vec<String>),
    lines: &[Line],
    names: SeriesLabelPosition,
) -> Result<(), Box<dyn Error>> {
    let (x_title, labels) = x_axis;
    let all = || lines.iter().flat_map(|(_, points)| points);
    let most = all().map(|point| point.1).fold(1.0, f64::max) * 2.0;
    let least = all().map(|point| point.1).fold(most, f64::min) / 2.0;
    let page = SVGBackend::new(file, (720, 440)).into_drawing_area();
    page.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&page)
        .caption(title, ("sans-serif", 24))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d(-0.2..labels.len() as f64 - 0.8, (least..most).log_scale())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(labels.len())
        .x_label_formatter(&|x| labels.get(x.round() as usize).cloned().unwrap_or_default())
        .y_label_formatter(&|y| crate::table::bytes(*y as usize))
        .x_desc(x_title)
        .label_style(("sans-serif", 18))
        .axis_desc_style(("sans-serif", 20))
        .draw()?;
    for ((name, points), colour) in lines.iter().zip(COLOURS) {
        let line = LineSeries::new(points.iter().copied(), colour.stroke_width(2));
        let sample = move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2));
        chart.draw_series(line)?.label(name).legend(sample);
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .label_font(("sans-serif", 18))
        .position(names)
        .draw()?;
    page.present()?;
    Ok(())
}
