//! Few rows that bring every two values of two parameters together.

/// Rows of one value for each parameter, of which there are so many values. For every two
/// parameters, every two values of them are together in some row. Which others are with them
/// depends on the `turn`.
pub(super) fn rows(sizes: &[usize], turn: usize) -> Vec<Vec<usize>> {
    let mut open = Open::all(sizes, turn);
    std::iter::from_fn(|| open.next_row()).collect()
}

/// The pairs that no row has yet.
struct Open<'a> {
    sizes: &'a [usize],
    /// Where the values of each parameter begin among those of all.
    begins: Vec<usize>,
    pairs: Vec<Vec<bool>>,
    turn: usize,
}

impl<'a> Open<'a> {
    fn all(sizes: &'a [usize], turn: usize) -> Self {
        let begins = sizes.iter().scan(0, |sum, size| {
            let begin = *sum;
            *sum += size;
            Some(begin)
        });
        let total = sizes.iter().sum();
        Self {
            sizes,
            begins: begins.collect(),
            pairs: vec![vec![true; total]; total],
            turn,
        }
    }

    fn is_open(&self, (p, v): (usize, usize), (q, w): (usize, usize)) -> bool {
        self.pairs[self.begins[p] + v][self.begins[q] + w]
    }

    /// Begins with an open pair, and adds whatever meets the most others.
    fn next_row(&mut self) -> Option<Vec<usize>> {
        let mut row = vec![None; self.sizes.len()];
        let [(p, v), (q, w)] = self.first()?;
        (row[p], row[q]) = (Some(v), Some(w));
        for p in 0..row.len() {
            if row[p].is_none() {
                row[p] = Some(self.best(&row, p));
            }
        }
        let row: Vec<usize> = row.into_iter().flatten().collect();
        for (p, v) in row.iter().enumerate() {
            for (q, w) in row.iter().enumerate() {
                self.pairs[self.begins[p] + v][self.begins[q] + w] = false;
            }
        }
        self.turn += 1;
        Some(row)
    }

    fn first(&self) -> Option<[(usize, usize); 2]> {
        let values = |p: usize| (0..self.sizes[p]).map(move |v| (p, v));
        let parameters = self.sizes.len();
        let mut pairs = (0..parameters)
            .flat_map(|p| (p + 1..parameters).map(move |q| (p, q)))
            .flat_map(|(p, q)| values(p).flat_map(move |one| values(q).map(move |two| [one, two])));
        pairs.find(|[one, two]| self.is_open(*one, *two))
    }

    /// Of several that are as good, another one in each row.
    fn best(&self, row: &[Option<usize>], p: usize) -> usize {
        let meets = |v: usize| {
            let others = row.iter().enumerate();
            let others = others.filter_map(|(q, w)| Some((q, (*w)?)));
            others.filter(|other| self.is_open((p, v), *other)).count()
        };
        let size = self.sizes[p];
        let turned = (0..size).map(|v| (v + self.turn) % size);
        turned.max_by_key(|v| meets(*v)).unwrap_or_default()
    }
}

#[test]
fn every_two_values_meet() {
    let sizes = [5, 2, 3, 4, 2];
    let rows = rows(&sizes, 0);
    for p in 0..sizes.len() {
        for q in 0..p {
            for (v, w) in (0..sizes[p]).flat_map(|v| (0..sizes[q]).map(move |w| (v, w))) {
                let meet = rows.iter().any(|row| row[p] == v && row[q] == w);
                assert!(meet, "{v} of {p} and {w} of {q}");
            }
        }
    }
    assert!(rows.len() < 5 * 4 * 2, "{} rows", rows.len());
}
