//! Words as JSON Lines: `{"in": ["LISTEN", …], "out": ["TIMEOUT", …]}`, one a line.

use super::{Input, Output, Word};
use serde::Deserialize;

/// A line of a file of words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its number, from 1 on.
    pub number: usize,
    /// The word, or what is wrong with the line and what would do.
    pub word: Result<Word, String>,
}

/// Other members are somebody else's, and skipped.
#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "in")]
    inputs: Vec<String>,
    #[serde(rename = "out")]
    outputs: Vec<String>,
}

/// Every line that is not blank, read as it is asked for.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = Line> + '_ {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let numbered = bytes.split(|&b| b == b'\n').zip(1..);
    numbered
        .filter(|(line, _)| !line.iter().all(u8::is_ascii_whitespace))
        .map(|(line, number)| Line { number, word: word(line) })
}

fn word(line: &[u8]) -> Result<Word, String> {
    let text = std::str::from_utf8(line)
        .map_err(|e| format!("not UTF-8 text from byte {} on", e.valid_up_to() + 1))?;
    let Raw { inputs, outputs } = serde_json::from_str(text).map_err(|error| {
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or_default().to_owned();
        format!(
            "column {}: {said}; a line such as {{\"in\": [\"LISTEN\"], \"out\": [\"TIMEOUT\"]}} would do",
            error.column()
        )
    })?;
    if inputs.len() != outputs.len() {
        return Err(format!(
            "{} inputs and {} outputs; each input has one output, TIMEOUT if there is none",
            inputs.len(),
            outputs.len()
        ));
    }
    let inputs: Result<_, String> = inputs
        .iter()
        .zip(1..)
        .map(|(name, n): (_, usize)| name.parse::<Input>().map_err(|e| format!("input {n}: {e}")))
        .collect();
    let outputs: Result<_, String> = outputs
        .iter()
        .zip(1..)
        .map(|(name, n): (_, usize)| name.parse::<Output>().map_err(|e| format!("output {n}: {e}")))
        .collect();
    Ok(Word { inputs: inputs?, outputs: outputs? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        let lines: Vec<_> = lines(line.as_bytes()).collect();
        assert_eq!(lines.len(), 1, "{line}");
        lines[0].word.clone().expect_err(line)
    }

    #[test]
    fn lines_are_words() {
        let text = "\u{feff}{\"in\": [\"LISTEN\"], \"out\": [\"TIMEOUT\"]}\r\n\n  \n{\"id\": 7, \"out\": [], \"in\": []}";
        let lines: Vec<_> = lines(text.as_bytes()).collect();
        let listen = Word { inputs: vec![Input::Listen], outputs: vec![Output::Timeout] };
        let nothing = Word { inputs: vec![], outputs: vec![] };
        assert_eq!(lines, [Line { number: 1, word: Ok(listen) }, Line { number: 4, word: Ok(nothing) }]);
    }

    #[test]
    fn what_is_no_word_is_named() {
        for (line, part) in [
            ("{", "column 1: EOF"),
            ("[1]", "column 2: invalid type"),
            ("{\"in\": []}", "missing field `out`"),
            ("{\"in\": [], \"out\": [], \"in\": []}", "duplicate field `in`"),
            ("{\"in\": [\"LISTEN\"], \"out\": []}", "1 inputs and 0 outputs"),
            (
                "{\"in\": [\"LISTEN\", \"LISTN\"], \"out\": [\"TIMEOUT\", \"TIMEOUT\"]}",
                "input 2: `LISTN` is no input",
            ),
            ("{\"in\": [\"LISTEN\"], \"out\": [\"SYN(V,V,0)\"]}", "output 1: `SYN(V,V,0)` is no output"),
            ("{\"in\": [3], \"out\": [\"TIMEOUT\"]}", "column 9: invalid type"),
        ] {
            let said = said(line);
            assert!(said.contains(part), "{line}: {said}");
            assert!(!said.contains('\n') && !said.contains("at line"), "{said}");
        }
        let lines: Vec<_> = lines(b"{}\n\xff\xfe\n").collect();
        assert_eq!(lines[1], Line { number: 2, word: Err("not UTF-8 text from byte 1 on".into()) });
    }
}
