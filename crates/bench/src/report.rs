//! A table for people, and the same as JSON for programs.

use std::fs;

use crate::Failure;
use crate::tools;

/// A table: one row a measurement.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(name: &'static str, columns: &[&'static str]) -> Self {
        Self {
            name,
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let heads: Vec<String> = self.columns.iter().map(|c| (*c).to_owned()).collect();
        let rules: Vec<String> = heads.iter().map(|_| "---".to_owned()).collect();
        let mut text = line(&heads) + &line(&rules);
        text.extend(self.rows.iter().map(|row| line(row)));
        text
    }

    fn json(&self) -> serde_json::Value {
        let rows = self.rows.iter().map(|row| {
            let cells = self.columns.iter().zip(row);
            cells
                .map(|(column, cell)| ((*column).to_owned(), cell.as_str().into()))
                .collect::<serde_json::Map<_, _>>()
        });
        rows.collect()
    }
}

/// Prints the tables, and writes them to `target/bench/<suite>.json`.
pub(crate) fn write(suite: &str, tables: &[Table]) -> Result<(), Failure> {
    let mut all = serde_json::Map::new();
    for table in tables {
        println!("### {}\n\n{}", table.name, table.markdown());
        all.insert(table.name.to_owned(), table.json());
    }
    let folder = tools::made();
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{suite}.json"));
    fs::write(&file, serde_json::to_string_pretty(&all)?)?;
    println!("Written to target/bench/{suite}.json.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown_and_json() {
        let mut table = Table::new("calls", &["what", "ratio"]);
        table.row(["get".to_owned(), "1.05".to_owned()]);
        assert_eq!(
            table.markdown(),
            "| what | ratio |\n| --- | --- |\n| get | 1.05 |\n"
        );
        assert_eq!(
            table.json(),
            serde_json::json!([{ "what": "get", "ratio": "1.05" }])
        );
    }
}
