//! The plots.

use std::fs;

use plotters::{coord::Shift, prelude::*};

use crate::results::{Results, names};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plots");
const COLOURS: [RGBColor; 6] = [
    RGBColor(200, 30, 30),
    RGBColor(30, 90, 180),
    RGBColor(120, 60, 160),
    RGBColor(230, 140, 30),
    RGBColor(40, 140, 70),
    RGBColor(110, 110, 110),
];
const STEPS: [&str; 8] =
    ["lifecycle", "authorization-url", "redirect", "code-request", "refresh-request", "answer-193", "answer-1970", "answer-7932"];

/// A plot's name, and what it shows.
pub(crate) const ALL: [(&str, &str); 3] = [
    ("instructions", "Instructions of each step (logarithmic)"),
    ("growth-bytes", "Instructions to read a token response, by its bytes"),
    ("growth-members", "Instructions to read a token response of 1,970 B and so many unknown members"),
];

/// Draws all that was measured.
pub(crate) fn draw(results: &Results) {
    fs::create_dir_all(FOLDER).expect("the folder can be made");
    let [(bars_name, bars_title), (bytes_name, bytes_title), (members_name, members_title)] = ALL;
    bars(results, bars_name, bars_title);
    lines(results, bytes_name, bytes_title, "growth by bytes", "bytes");
    lines(results, members_name, members_title, "growth by unknown members", "unknown members");
}

fn colour(name: &str) -> RGBColor {
    names().iter().position(|other| *other == name).map_or(BLACK, |at| COLOURS[at])
}

fn with_area(name: &str, draw: impl FnOnce(&DrawingArea<SVGBackend<'_>, Shift>)) {
    let path = format!("{FOLDER}/{name}.svg");
    let area = SVGBackend::new(&path, (900, 520)).into_drawing_area();
    area.fill(&WHITE).expect("it can be drawn on");
    draw(&area);
    area.present().expect("the plot can be written");
}

/// Bars of a logarithmic height, grouped by step.
fn bars(results: &Results, name: &str, title: &str) {
    with_area(name, |area| {
        let mut chart = ChartBuilder::on(area)
            .caption(title, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(70)
            .build_cartesian_2d(0f64..STEPS.len() as f64, (300f64..400_000f64).log_scale())
            .expect("the axes are good");
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(STEPS.len() * 2 + 1)
            .x_label_formatter(&|at| {
                if (at.fract() - 0.5).abs() < 0.01 { STEPS.get(*at as usize).copied().unwrap_or("").to_owned() } else { String::new() }
            })
            .y_desc("instructions (logarithmic)")
            .y_label_formatter(&|figure| format!("{figure:.0}"))
            .draw()
            .expect("the mesh is drawn");
        let width = 0.8 / names().len() as f64;
        for (place, candidate) in names().into_iter().enumerate() {
            let rectangles = STEPS.iter().enumerate().filter_map(|(at, step)| {
                let figure = results.get("instructions", step, candidate)?;
                let left = at as f64 + 0.1 + place as f64 * width;
                Some(Rectangle::new([(left, 300.0), (left + width * 0.9, figure)], colour(candidate).filled()))
            });
            let series = chart.draw_series(rectangles).expect("the bars are drawn");
            series.label(candidate).legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour(candidate).filled()));
        }
        let labels = &mut chart.configure_series_labels();
        labels.position(SeriesLabelPosition::UpperRight).background_style(WHITE).border_style(BLACK).draw().expect("the legend is drawn");
    });
}

/// Lines over two logarithmic axes: what is linear has a slope of one.
fn lines(results: &Results, name: &str, title: &str, table: &str, what: &str) {
    let numbers = results.numbers(table);
    let Some(last) = numbers.last() else { return };
    let from = numbers.iter().copied().find(|number| *number > 0).unwrap_or(1) as f64;
    with_area(name, |area| {
        let mut chart = ChartBuilder::on(area)
            .caption(title, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(45)
            .y_label_area_size(80)
            .build_cartesian_2d((from..*last as f64).log_scale(), (1_000f64..2_000_000f64).log_scale())
            .expect("the axes are good");
        let whole = |figure: &f64| format!("{figure:.0}");
        let mesh = &mut chart.configure_mesh();
        mesh.x_desc(what).y_desc("instructions").x_label_formatter(&whole).y_label_formatter(&whole).draw().expect("the mesh is drawn");
        for candidate in names() {
            let points = numbers.iter().filter(|number| **number > 0);
            let points: Vec<(f64, f64)> =
                points.filter_map(|number| Some((*number as f64, results.get(table, &number.to_string(), candidate)?))).collect();
            if points.is_empty() {
                continue;
            }
            let series = chart.draw_series(LineSeries::new(points, colour(candidate).stroke_width(2))).expect("the line is drawn");
            series.label(candidate).legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour(candidate).stroke_width(2)));
        }
        let labels = &mut chart.configure_series_labels();
        labels.position(SeriesLabelPosition::UpperLeft).background_style(WHITE).border_style(BLACK).draw().expect("the legend is drawn");
    });
}
