//! A plot of gap against time as SVG, both axes logarithmic. May not know where numbers come from.

use std::fmt::Write as _;

/// One solver's line.
#[derive(Debug)]
pub(crate) struct Series {
    pub name: String,
    /// Any colour SVG knows.
    pub colour: &'static str,
    /// Seconds and percent, both above zero.
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 460.0;
/// Left, top, right, bottom; the right one is for the names.
const MARGINS: (f64, f64, f64, f64) = (64.0, 44.0, 150.0, 52.0);
/// What is less is drawn here: a logarithm knows no zero.
const PERCENT_MIN: f64 = 0.1;

/// From and to of both axes.
struct Frame {
    seconds: (f64, f64),
    percents: (f64, f64),
}

impl Frame {
    fn x(&self, seconds: f64) -> f64 {
        MARGINS.0 + (WIDTH - MARGINS.0 - MARGINS.2) * share(seconds, self.seconds)
    }

    fn y(&self, percent: f64) -> f64 {
        let down = 1.0 - share(percent.max(PERCENT_MIN), self.percents);
        MARGINS.1 + (HEIGHT - MARGINS.1 - MARGINS.3) * down
    }
}

fn share(value: f64, (from, to): (f64, f64)) -> f64 {
    (value / from).ln() / (to / from).ln()
}

/// The whole picture; `None` when there is nothing to draw.
#[must_use]
pub(crate) fn svg(title: &str, series: &[Series]) -> Option<String> {
    let points = || series.iter().flat_map(|line| &line.points);
    let longest = points().map(|point| point.0).fold(f64::MIN, f64::max);
    let first = points().map(|point| point.0).fold(f64::MAX, f64::min);
    let most = points().map(|point| point.1).fold(PERCENT_MIN * 2.0, f64::max);
    if first >= longest {
        return None;
    }
    let frame = Frame { seconds: (first, longest), percents: (PERCENT_MIN, most * 1.2) };
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{}\" y=\"24\" font-size=\"15\">{title}</text>\n",
        MARGINS.0
    );
    axes(&mut text, &frame);
    let mut taken = Vec::new();
    for line in series {
        draw(&mut text, &frame, line, &mut taken);
    }
    text.push_str("</svg>\n");
    Some(text)
}

fn axes(text: &mut String, frame: &Frame) {
    let (left, right) = (frame.x(frame.seconds.0), frame.x(frame.seconds.1));
    let (top, bottom) = (frame.y(frame.percents.1), frame.y(frame.percents.0));
    for percent in [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0] {
        if percent > frame.percents.1 {
            break;
        }
        let y = frame.y(percent);
        let _ = writeln!(
            text,
            "<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{percent} %</text>",
            left - 8.0,
            y + 4.0
        );
    }
    for seconds in [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0] {
        if !(frame.seconds.0..=frame.seconds.1).contains(&seconds) {
            continue;
        }
        let x = frame.x(seconds);
        let _ = writeln!(
            text,
            "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"#eee\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{seconds}</text>",
            bottom + 18.0
        );
    }
    let _ = writeln!(
        text,
        "<path d=\"M{left:.1} {top:.1}V{bottom:.1}H{right:.1}\" fill=\"none\" stroke=\"#555\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">processor seconds</text>",
        f64::midpoint(left, right),
        bottom + 38.0
    );
}

fn draw(text: &mut String, frame: &Frame, line: &Series, taken: &mut Vec<f64>) {
    let Some(&(end_s, end_percent)) = line.points.last() else { return };
    let mut way = String::new();
    for (seconds, percent) in &line.points {
        let turn = if way.is_empty() { 'M' } else { 'L' };
        let _ = write!(way, "{turn}{:.1} {:.1}", frame.x(*seconds), frame.y(*percent));
    }
    let colour = line.colour;
    let _ =
        writeln!(text, "<path d=\"{way}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
    for (seconds, percent) in &line.points {
        let _ = writeln!(
            text,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>",
            frame.x(*seconds),
            frame.y(*percent)
        );
    }
    // Names that would lie on one another step down.
    let mut y = frame.y(end_percent) + 4.0;
    while taken.iter().any(|other| (other - y).abs() < 15.0) {
        y += 3.0;
    }
    taken.push(y);
    let _ = writeln!(
        text,
        "<text x=\"{:.1}\" y=\"{y:.1}\" fill=\"{colour}\">{} {end_percent:.2} %</text>",
        frame.x(end_s) + 9.0,
        line.name
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_holds_its_lines() {
        let series = |name: &str, points: &[(f64, f64)]| Series {
            name: name.to_owned(),
            colour: "teal",
            points: points.to_vec(),
        };
        let lines = [series("ours", &[(0.1, 5.0), (10.0, 0.0)]), series("theirs", &[(10.0, 0.1)])];
        let picture = svg("Gap", &lines).expect("there is something to draw");
        assert!(picture.contains(">ours 0.00 %<") && picture.contains(">theirs 0.10 %<"));
        assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
        assert_eq!(svg("Gap", &[]), None);
    }
}
