//! What a run promises: the same bytes for the same options, counts, totals, references, dirt.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::Path,
};

use super::*;

/// Reads RFC 4180 CSV that is known to be well formed.
fn parse(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.push(letters.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            other => field.push(other),
        }
    }
    rows
}

fn read(dir: &Path, table: &str) -> Vec<Vec<String>> {
    parse(&fs::read_to_string(dir.join(table).join(format!("{table}.csv"))).unwrap()).split_off(1)
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for table in fs::read_dir(dir).unwrap() {
        for file in fs::read_dir(table.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            files.insert(path.strip_prefix(dir).unwrap().display().to_string(), fs::read(&path).unwrap());
        }
    }
    files
}

fn run(options: Options) -> (tempfile::TempDir, Summary) {
    let dir = tempfile::tempdir().unwrap();
    let summary = generate(&options, dir.path(), |_, _| {}).unwrap();
    (dir, summary)
}

#[test]
fn scale_one_is_as_large_as_chinook() {
    let (_dir, summary) = run(Options::default());
    let rows: Vec<_> = summary.tables.iter().map(|table| (table.table, table.rows)).collect();
    let expected = [
        ("Genre", 25),
        ("MediaType", 5),
        ("Artist", 275),
        ("Album", 347),
        ("Track", 3503),
        ("Playlist", 18),
        ("PlaylistTrack", 8715),
        ("Employee", 8),
        ("Customer", 59),
        ("Invoice", 412),
        ("InvoiceLine", 2240),
    ];
    assert_eq!(rows, expected);
    assert!(summary.tables.iter().all(|table| table.dirt.is_empty() && table.rows == table.rows_written));
}

#[test]
fn sales_grow_linearly_and_the_catalog_by_the_root() {
    let counts = Counts::of(100.0);
    assert_eq!((counts.customers, counts.invoices, counts.lines), (5_900, 41_200, 224_000));
    assert_eq!((counts.artists, counts.albums, counts.tracks, counts.employees), (2_750, 3_470, 35_030, 80));
}

#[test]
fn the_same_options_give_the_same_bytes() {
    let options = Options { scale: 0.5, seed: 7, dirty_rate: 0.1 };
    let (a, summary_a) = run(options);
    let (b, summary_b) = run(options);
    assert_eq!(summary_a, summary_b);
    assert_eq!(files(a.path()), files(b.path()));
    let (c, _) = run(Options { seed: 8, ..options });
    assert_ne!(files(a.path()), files(c.path()));
}

#[test]
fn the_bytes_are_those_of_every_machine() {
    // FNV-1a over all files: changes only when somebody changes what is generated.
    let (dir, _) = run(Options { scale: 0.2, seed: 1, dirty_rate: 0.05 });
    let hash = files(dir.path())
        .values()
        .flatten()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3));
    assert_eq!(format!("{hash:016x}"), "85370025d57cd729");
}

#[test]
fn clean_data_add_up_and_refer_to_each_other() {
    let (dir, _) = run(Options { scale: 1.5, ..Options::default() });
    let read = |table| read(dir.path(), table);
    let keys = |table| read(table).into_iter().map(|row| row[0].clone()).collect::<HashSet<_>>();
    let cents = |text: &str| text.replace('.', "").parse::<u64>().unwrap();

    let prices: HashMap<String, u64> = read("Track").into_iter().map(|row| (row[0].clone(), cents(&row[8]))).collect();
    let mut totals: HashMap<String, u64> = HashMap::new();
    for line in read("InvoiceLine") {
        assert_eq!(prices[&line[2]], cents(&line[3]), "a line has its track's price");
        *totals.entry(line[1].clone()).or_default() += cents(&line[3]) * line[4].parse::<u64>().unwrap();
    }
    let customers: HashMap<String, Vec<String>> =
        read("Customer").into_iter().map(|row| (row[0].clone(), row)).collect();
    let invoices = read("Invoice");
    assert_eq!(totals.len(), invoices.len(), "no invoice without lines");
    for invoice in &invoices {
        assert_eq!(cents(&invoice[8]), totals[&invoice[0]], "total of invoice {}", invoice[0]);
        let customer = &customers[&invoice[1]];
        assert_eq!(invoice[3..8], customer[4..9], "the billing address is the customer's");
    }
    assert!(invoices.is_sorted_by_key(|invoice| invoice[2].clone()));
    let buyers: HashSet<_> = invoices.iter().map(|invoice| &invoice[1]).collect();
    assert_eq!(buyers.len(), customers.len(), "everybody buys at least once");

    let (artists, albums, employees) = (keys("Artist"), keys("Album"), keys("Employee"));
    assert!(read("Album").iter().all(|row| artists.contains(&row[2])));
    assert!(read("Track").iter().all(|row| albums.contains(&row[2])));
    assert!(read("PlaylistTrack").iter().all(|row| prices.contains_key(&row[1])));
    assert!(customers.values().all(|row| employees.contains(&row[12])));
    let staff = read("Employee");
    assert!(
        staff
            .iter()
            .all(|row| row[4].is_empty() == (row[0] == "1") && (row[4].is_empty() || employees.contains(&row[4])))
    );
    let playlist_tracks = read("PlaylistTrack");
    assert_eq!(playlist_tracks.iter().collect::<HashSet<_>>().len(), playlist_tracks.len());
}

#[test]
fn demand_is_skewed_and_customers_come_back() {
    let (dir, _) = run(Options { scale: 10.0, ..Options::default() });
    let count = |table, column: usize| {
        let mut counts: HashMap<String, u64> = HashMap::new();
        read(dir.path(), table).into_iter().for_each(|row| *counts.entry(row[column].clone()).or_default() += 1);
        let mut counts: Vec<u64> = counts.into_values().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        counts
    };
    let sold = count("InvoiceLine", 2);
    let top: u64 = sold.iter().take(11_077 / 10).sum();
    assert!(top * 100 / 22_400 >= 40, "a tenth of the tracks makes {top} of 22,400 sales");
    let invoices = count("Invoice", 1);
    assert!(invoices.iter().filter(|&&n| n >= 2).count() * 10 > invoices.len() * 7, "most customers come back");
    assert!(invoices[0] < 412, "nobody makes a tenth of all sales");
}

#[test]
fn dirt_has_its_share_and_is_counted() {
    let (dir, summary) = run(Options { scale: 20.0, seed: 3, dirty_rate: 0.05 });
    for (name, times) in [("Customer", 4.0), ("Track", 1.0), ("Invoice", 2.0), ("InvoiceLine", 1.0)] {
        let table = summary.table(name).unwrap();
        let share = table.dirty_rows() as f64 / table.rows as f64 / times;
        assert!((0.035..0.065).contains(&share), "{name}: {share}");
        let added: u64 = table.dirt.iter().filter(|(kind, _)| kind.adds_row()).map(|(_, count)| count).sum();
        assert_eq!(table.rows_written, table.rows + added, "{name}");
    }
    // No text of these runs holds a line break, so lines can be counted.
    let mut lines: HashMap<String, u64> = HashMap::new();
    let mut bytes: HashMap<String, u64> = HashMap::new();
    for (path, content) in files(dir.path()) {
        let table = path.split('/').next().unwrap().to_owned();
        *lines.entry(table.clone()).or_default() += content.iter().filter(|&&byte| byte == b'\n').count() as u64 - 1;
        *bytes.entry(table).or_default() += content.len() as u64;
    }
    for table in &summary.tables {
        assert_eq!(lines[table.table], table.rows_written, "{}", table.table);
        assert_eq!(bytes[table.table], table.bytes, "{}", table.table);
    }
    let all: HashSet<Dirt> = summary.tables.iter().flat_map(|table| table.dirt.iter().map(|(kind, _)| *kind)).collect();
    assert_eq!(all.len(), Dirt::ALL.len(), "every kind occurs: {all:?}");
}

#[test]
fn the_clean_rows_do_not_depend_on_the_dirt() {
    let (clean, _) = run(Options::default());
    let (dirty, summary) = run(Options { dirty_rate: 0.02, ..Options::default() });
    let clean: HashSet<_> = read(clean.path(), "InvoiceLine").into_iter().collect();
    let dirty: HashSet<_> = read(dirty.path(), "InvoiceLine").into_iter().collect();
    let kept = clean.intersection(&dirty).count() as u64;
    let table = summary.table("InvoiceLine").unwrap();
    assert!(kept >= table.rows - table.dirty_rows(), "{kept}");
}

#[test]
fn a_second_run_replaces_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let dirty = Options { dirty_rate: 0.5, ..Options::default() };
    generate(&dirty, dir.path(), |_, _| {}).unwrap();
    assert!(dir.path().join("Track/Track_redelivery.csv").exists());
    generate(&Options::default(), dir.path(), |_, _| {}).unwrap();
    assert!(!dir.path().join("Track/Track_redelivery.csv").exists());
    assert!(files(dir.path()).keys().all(|name| !name.contains(".tmp")));
}

#[test]
fn tiny_scales_and_full_dirt_work() {
    let (_dir, summary) = run(Options { scale: 0.001, seed: 1, dirty_rate: 1.0 });
    assert_eq!(summary.table("Invoice").unwrap().rows, 1);
    assert_eq!(summary.table("InvoiceLine").unwrap().dirty_rows(), 2);
}

#[test]
fn bad_options_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (scale, dirty_rate) in
        [(0.0, 0.0), (-1.0, 0.0), (f64::NAN, 0.0), (1e9, 0.0), (1.0, 1.5), (1.0, -0.1), (1.0, f64::NAN)]
    {
        let result = generate(&Options { scale, seed: 1, dirty_rate }, dir.path(), |_, _| {});
        assert!(matches!(result, Err(Error::InvalidOption(_))), "{scale} {dirty_rate}");
    }
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = generate(&Options::default(), &file, |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("cannot write"), "{error}");
}
