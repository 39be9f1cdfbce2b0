//! Rounds, medians, the table and the objects.

use serde::Serialize;

/// Whose figures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figures {
    Closewait,
    Smoltcp,
    Turmoil,
    Duplex,
}

impl Figures {
    const fn name(self) -> &'static str {
        match self {
            Self::Closewait => "closewait",
            Self::Smoltcp => "smoltcp",
            Self::Turmoil => "turmoil",
            Self::Duplex => "duplex",
        }
    }
}

/// In what a figure is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    PerSecond,
    BytesPerSecond,
    SecondsPerSecond,
    Bytes,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::PerSecond => "1/s",
            Self::BytesPerSecond => "B/s",
            Self::SecondsPerSecond => "s/s",
            Self::Bytes => "B",
        }
    }

    const fn less_is_better(self) -> bool {
        matches!(self, Self::Bytes)
    }
}

/// A line of the table. `measure` does the work once; none if somebody can't do it.
pub(crate) struct Row {
    pub(crate) name: String,
    unit: Unit,
    measure: Box<dyn Fn(Figures) -> Option<f64>>,
}

impl Row {
    pub(crate) fn new(name: String, unit: Unit, measure: impl Fn(Figures) -> Option<f64> + 'static) -> Self {
        Self { name, unit, measure: Box::new(measure) }
    }
}

const ALL: [Figures; 4] = [Figures::Closewait, Figures::Smoltcp, Figures::Turmoil, Figures::Duplex];

/// How it is done.
pub(crate) struct Plan {
    /// A size is what it is; a speed is the median of so many rounds.
    pub(crate) rounds: usize,
    /// Nobody else's figures.
    pub(crate) only: Option<String>,
    pub(crate) json: bool,
}

fn median(mut of: Vec<f64>) -> Option<f64> {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied()
}

#[derive(Serialize)]
struct Object<'a> {
    metric: &'a str,
    unit: &'a str,
    closewait: Option<f64>,
    smoltcp: Option<f64>,
    turmoil: Option<f64>,
    ratio_smoltcp: Option<f64>,
    ratio_turmoil: Option<f64>,
}

pub(crate) fn run(rows: &[Row], plan: &Plan) {
    let figures = measure(rows, plan);
    if !plan.json {
        println!(
            "{:<32}{:>6}{:>11}{:>11}{:>11}{:>11}{:>11}{:>11}",
            "", "", "closewait", "smoltcp", "turmoil", "duplex", "/smoltcp", "/turmoil"
        );
    }
    for (row, [ours, smoltcp, turmoil, duplex]) in rows.iter().zip(figures) {
        let ratio = |theirs: Option<f64>| {
            let (ours, theirs) = (ours?, theirs?);
            Some(if row.unit.less_is_better() { theirs / ours } else { ours / theirs })
        };
        let (ratio_smoltcp, ratio_turmoil) = (ratio(smoltcp), ratio(turmoil));
        let unit = row.unit.name();
        if plan.json {
            let object = Object {
                metric: &row.name,
                unit,
                closewait: ours,
                smoltcp,
                turmoil,
                ratio_smoltcp,
                ratio_turmoil,
            };
            println!("{}", serde_json::to_string(&object).expect("numbers and names"));
        } else {
            let [a, b, c, d] = [ours, smoltcp, turmoil, duplex].map(short);
            let [e, f] =
                [ratio_smoltcp, ratio_turmoil].map(|r| r.map_or("-".to_owned(), |r| format!("{r:.2}")));
            println!("{:<32}{unit:>6}{a:>11}{b:>11}{c:>11}{d:>11}{e:>11}{f:>11}", row.name);
        }
    }
}

/// Everybody's every line in turn, round after round: what slows a machine down for a while slows all of them.
fn measure(rows: &[Row], plan: &Plan) -> Vec<[Option<f64>; 4]> {
    let mut all: Vec<[Vec<f64>; 4]> = rows.iter().map(|_| Default::default()).collect();
    for round in 0..plan.rounds {
        for (row, figures) in rows.iter().zip(&mut all) {
            if row.unit.less_is_better() && round > 0 {
                continue;
            }
            for (who, figures) in ALL.into_iter().zip(figures) {
                if plan.only.as_ref().is_none_or(|only| only == who.name()) {
                    figures.extend((row.measure)(who));
                }
            }
        }
    }
    all.into_iter().map(|figures| figures.map(median)).collect()
}

/// With three digits, and k, M or G.
fn short(figure: Option<f64>) -> String {
    let Some(figure) = figure else { return "-".to_owned() };
    let steps = [(1e9, " G"), (1e6, " M"), (1e3, " k")];
    match steps.into_iter().find(|&(step, _)| figure >= step) {
        Some((step, letter)) => format!("{:.3}{letter}", figure / step),
        None => format!("{figure:.1}"),
    }
}
