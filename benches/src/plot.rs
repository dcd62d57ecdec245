//! Draws lines over the number of steps as SVG, for light and dark pages.

use crate::report::{Figure, Plot};
use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
/// The margins between the edges and the axes: left, right, top, bottom.
const FRAME: (f64, f64, f64, f64) = (80.0, 240.0, 44.0, 48.0);
/// Colours that colour-blind readers can distinguish (Okabe and Ito 2008), on light and dark pages.
const COLOURS: [&str; 6] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
];

const STYLE: &str = "svg { background: #ffffff } text { font: 13px sans-serif; fill: #24292f } .grid { stroke: #d0d7de } .line { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) { svg { background: #15181c } text { fill: #e6edf3 } .grid { stroke: #3d444d } }";

/// An axis: its range, in logarithms, and the place of that range on the page.
struct Axis {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Axis {
    fn at(&self, value: f64) -> f64 {
        let share = (value.ln() - self.from) / (self.to - self.from).max(f64::EPSILON);
        self.start + share * (self.end - self.start)
    }
}

/// The plot as an SVG file.
#[must_use]
pub fn svg(plot: &Plot) -> String {
    let points = || plot.lines.iter().flat_map(|(_, points)| points);
    let least = |value: fn(&(f64, f64)) -> f64| points().map(value).fold(f64::INFINITY, f64::min);
    let most = |value: fn(&(f64, f64)) -> f64| points().map(value).fold(0.0, f64::max);
    let (left, right, top, bottom) = FRAME;
    let x = Axis {
        from: least(|point| point.0).ln(),
        to: most(|point| point.0).ln(),
        start: left,
        end: WIDTH - right,
    };
    // From one power of ten to another.
    let (low, high) = (
        least(|point| point.1).log10().floor(),
        most(|point| point.1).log10().ceil(),
    );
    let y = Axis {
        from: 10_f64.powf(low).ln(),
        to: 10_f64.powf(high).ln(),
        start: HEIGHT - bottom,
        end: top,
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n<title>{0}</title>\n<style>{STYLE}</style>\n<text x=\"{left}\" y=\"22\" font-weight=\"bold\">{0}</text>\n",
        escaped(plot.title)
    );
    let mut power = low;
    while power <= high {
        let value = 10_f64.powf(power);
        let label = Figure {
            number: value,
            unit: plot.unit,
        };
        let (at, end, text) = (y.at(value), x.end, left - 8.0);
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{left} {at:.1}H{end}\"/><text x=\"{text}\" y=\"{0:.1}\" text-anchor=\"end\">{label}</text>",
            at + 4.0
        );
        power += 1.0;
    }
    let mut ticks: Vec<_> = points().map(|point| point.0).collect();
    ticks.sort_by(f64::total_cmp);
    ticks.dedup();
    for tick in ticks {
        let (at, end, text) = (x.at(tick), y.end, HEIGHT - bottom + 20.0);
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{at:.1} {}V{end}\"/><text x=\"{at:.1}\" y=\"{text}\" text-anchor=\"middle\">{tick}</text>",
            y.start
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">steps</text>",
        f64::midpoint(x.start, x.end),
        HEIGHT - 8.0
    );
    lines(&mut svg, plot, &x, &y);
    svg + "</svg>\n"
}

/// The lines, each with its name beside its end; names that overlap are moved apart.
fn lines(svg: &mut String, plot: &Plot, x: &Axis, y: &Axis) {
    let mut names = Vec::new();
    for ((name, points), colour) in plot.lines.iter().zip(COLOURS.iter().cycle()) {
        let mut path = String::new();
        for (command, (steps, figure)) in std::iter::once('M')
            .chain(std::iter::repeat('L'))
            .zip(points)
        {
            let (at_x, at_y) = (x.at(*steps), y.at(*figure));
            let _ = write!(path, "{command}{at_x:.1} {at_y:.1}");
            let _ = writeln!(
                svg,
                "<circle cx=\"{at_x:.1}\" cy=\"{at_y:.1}\" r=\"3\" fill=\"{colour}\"/>"
            );
        }
        let _ = writeln!(
            svg,
            "<path class=\"line\" stroke=\"{colour}\" d=\"{path}\"/>"
        );
        if let Some((_, last)) = points.last() {
            names.push((y.at(*last), name, colour));
        }
    }
    names.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut free = 0.0;
    for (at, name, colour) in names {
        let at = f64::max(at + 4.0, free);
        free = at + 17.0;
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{at:.1}\">{}</text>",
            x.end + 12.0,
            at - 10.0,
            x.end + 28.0,
            escaped(name)
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::svg;
    use crate::report::{Plot, Unit};

    #[test]
    fn points_are_where_their_logarithms_say() {
        let plot = Plot {
            name: "run",
            title: "a < b",
            unit: Unit::Nanoseconds,
            lines: vec![(
                "ours".to_owned(),
                vec![(8.0, 10.0), (16.0, 100.0), (32.0, 1000.0)],
            )],
        };
        let svg = svg(&plot);
        assert!(svg.contains("<title>a &lt; b</title>"), "{svg}");
        // Halfway on both axes.
        assert!(svg.contains("cx=\"280.0\" cy=\"198.0\""), "{svg}");
        for label in [">10 ns<", ">100 ns<", ">1 µs<", ">8<", ">32<", ">ours<"] {
            assert!(svg.contains(label), "{label}: {svg}");
        }
    }
}
