//! Tests of the order file: what goes in, what is refused and with which words, and that a file of any
//! bytes is read to its end.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;

const HEADING: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
const SOUND: &str =
    "536365,85123A,WHITE HANGING HEART,6.0,2010-12-01 08:26:00,2.55,17850.0,United Kingdom";

fn conversion() -> Conversion {
    Conversion {
        site: "NBO-1".parse().unwrap(),
        currency: Currency::KES,
        rate: "165".parse().unwrap(),
        utc_offset_minutes: 180,
    }
}

fn read(text: &[u8]) -> (Vec<ImportedOrder>, Vec<LineProblem>, u64) {
    let mut csv = OrdersCsv::open(Cursor::new(text), conversion()).unwrap();
    let (mut orders, mut problems) = (Vec::new(), Vec::new());
    for item in csv.by_ref() {
        match item.unwrap() {
            Item::Order(order) => orders.push(*order),
            Item::Problem(problem) => problems.push(problem),
        }
    }
    (orders, problems, csv.lines_read())
}

fn under_heading(lines: &[&str]) -> Vec<u8> {
    let mut text = HEADING.as_bytes().to_vec();
    for line in lines {
        text.push(b'\n');
        text.extend_from_slice(line.as_bytes());
    }
    text
}

/// One bad line between two sound ones: it is refused for that reason, at that field; they go in.
fn check_refused(line: &str, field: &str, reason: Reason) {
    let (orders, problems, lines_read) = read(&under_heading(&[SOUND, line, SOUND]));
    assert_eq!(lines_read, 3, "{line}");
    assert_eq!(orders.len(), 1, "{line}");
    assert_eq!(orders[0].lines.len(), 2, "{line}");
    assert_eq!(problems.len(), 1, "{line}: {problems:?}");
    assert_eq!(
        (problems[0].line, problems[0].field, problems[0].reason),
        (3, field, reason),
        "{line}"
    );
    assert!(!problems[0].remedy.is_empty());
}

fn with(column: usize, value: &str) -> String {
    let mut fields: Vec<&str> = SOUND.split(',').collect();
    fields[column] = value;
    fields.join(",")
}

#[test]
fn a_sound_line_becomes_an_order_line() {
    let (orders, problems, _) = read(&under_heading(&[SOUND]));
    assert!(problems.is_empty(), "{problems:?}");
    let order = &orders[0];
    assert_eq!(order.reference.as_str(), "536365");
    assert_eq!(order.line_first, 2);
    assert_eq!(order.placed.ms(), 1_291_181_160_000);
    assert_eq!(order.buyer.as_ref().unwrap().number.as_str(), "17850");
    assert_eq!(order.country.as_ref().unwrap().as_str(), "United Kingdom");
    let line = &order.lines[0];
    assert_eq!((line.line_number, line.article.as_str()), (2, "85123A"));
    assert_eq!(line.description.as_ref().unwrap().as_str(), "WHITE HANGING HEART");
    assert_eq!((line.quantity.units(), line.unit_price.minor()), (6, 42_075));
}

#[test]
fn every_bad_field_is_named() {
    use Reason as R;
    for (column, value, reason) in [
        (0, "", R::MissingReference),
        (0, "C536379", R::Cancellation),
        (0, "X\u{7}1", R::BadText),
        (1, "", R::MissingArticle),
        (1, "85|123", R::BadArticle),
        (1, "POST", R::NotGoods),
        (1, "m", R::NotGoods),
        (1, "BANK CHARGES", R::NotGoods),
        (3, "", R::BadQuantity),
        (3, "six", R::BadQuantity),
        (3, "6.5", R::BadQuantity),
        (3, "0", R::NegativeQuantity),
        (3, "-24.0", R::NegativeQuantity),
        (3, "1000001", R::QuantityTooLarge),
        (5, "", R::BadPrice),
        (5, "£2.55", R::BadPrice),
        (5, "1e3", R::BadPrice),
        (5, "0.0", R::ZeroPrice),
        (5, "-11062.06", R::NegativePrice),
        (5, "0.00001", R::PriceTooSmall),
        (5, "999999999", R::PriceTooLarge),
        (4, "", R::BadDate),
        (4, "01/12/2010 08:26", R::BadDate),
        (6, "12345", R::OtherCustomer),
    ] {
        check_refused(&with(column, value), COLUMNS[column], reason);
    }
    check_refused(&with(2, &"A".repeat(121)), "Description", R::BadText);
    check_refused(&with(7, &"A".repeat(121)), "Country", R::BadText);
}

#[test]
fn a_line_that_is_no_record_costs_only_itself() {
    check_refused("536365,85123A", "", Reason::WrongColumnCount);
    check_refused(&format!("{SOUND},more"), "", Reason::WrongColumnCount);
    check_refused(
        "536365,85123A,\"WHITE,6,2010-12-01 08:26:00,2.55,17850,UK",
        "",
        Reason::OpenQuote,
    );
    check_refused(&"x".repeat(LINE_BYTES_MAX + 1), "", Reason::LineTooLong);
    check_refused(&",".repeat(LINE_BYTES_MAX), "", Reason::WrongColumnCount);
}

#[test]
fn a_problem_reads_as_a_sentence_with_its_remedy() {
    let (_, problems, _) = read(&under_heading(&[&with(5, "2,55")]));
    assert!(problems[0].to_string().starts_with("line 2: the line has more or fewer columns"));
    let (_, problems, _) = read(&under_heading(&[&with(3, "-1")]));
    assert_eq!(
        problems[0].to_string(),
        "line 2, Quantity \"-1\": goods are sold in quantities of one or more; remedy: record goods that came \
         back as a refund, and lost or damaged ones by a count"
    );
}

#[test]
fn a_customer_may_be_missing_and_the_text_quoted_or_latin_1() {
    let mut text = under_heading(&["1,A,\"HEART, \"\"WHITE\"\"\",1,2010-12-01 08:26:00,1,,"]);
    text.extend_from_slice(b"\r\n2,A,caf\xe9 \xa35,1,2010-12-01 08:26:00,1,,France\r\n\r\n");
    let (orders, problems, lines_read) = read(&text);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(lines_read, 2);
    let described = |order: usize| orders[order].lines[0].description.as_ref().unwrap().as_str();
    assert_eq!((described(0), described(1)), ("HEART, \"WHITE\"", "café £5"));
    assert_eq!((&orders[0].buyer, &orders[0].country), (&None, &None));
}

#[test]
fn columns_may_stand_in_any_order_behind_a_byte_order_mark() {
    let text = "\u{feff}Country,CustomerID,UnitPrice,InvoiceDate,Quantity,Description,StockCode,InvoiceNo\r\n\
                Kenya,7,2.00,2010-12-01 08:26:00,3,MUG,M1,55\r\n";
    let (orders, problems, _) = read(text.as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!((orders[0].reference.as_str(), orders[0].lines[0].quantity.units()), ("55", 3));
}

#[test]
fn a_bad_heading_is_refused_with_every_fault_named() {
    let fault = |text: &str| {
        OrdersCsv::open(Cursor::new(text.as_bytes()), conversion()).unwrap_err().to_string()
    };
    let twice = HEADING.replace("Country", "Quantity,Colour");
    let said = fault(&twice);
    for part in
        ["unknown column \"Colour\"", "missing column Country", "column Quantity is given twice"]
    {
        assert!(said.contains(part), "{said}");
    }
    assert!(fault(&HEADING.replace(',', ";")).contains("commas"));
    assert!(fault("").contains("empty"));
    assert!(fault("\n").contains("empty"));
}

#[test]
fn interleaved_orders_are_joined_and_scattered_ones_are_reported() {
    let line = |reference: usize| with(0, &reference.to_string());
    let near: Vec<String> = [1, 2, 1, 2, 3, 1].into_iter().map(line).collect();
    let (orders, problems, _) =
        read(&under_heading(&near.iter().map(String::as_str).collect::<Vec<_>>()));
    assert!(problems.is_empty());
    let mut sizes: Vec<(&str, usize)> =
        orders.iter().map(|o| (o.reference.as_str(), o.lines.len())).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [("1", 3), ("2", 2), ("3", 1)]);

    let far: Vec<String> = (1..=40).chain([1]).map(line).collect();
    let (orders, problems, _) =
        read(&under_heading(&far.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_eq!(orders.len(), 40);
    assert_eq!((problems[0].line, problems[0].reason), (42, Reason::ScatteredOrder));
}

#[test]
fn an_order_has_a_limit_of_lines_and_the_rest_is_reported() {
    let lines = vec![SOUND; shared_model::orders::LINES_MAX + 2];
    let (orders, problems, _) = read(&under_heading(&lines));
    assert_eq!(orders[0].lines.len(), shared_model::orders::LINES_MAX);
    assert_eq!(problems.len(), 2);
    assert_eq!((problems[0].line, problems[0].reason), (1_202, Reason::TooManyLines));
}

#[test]
fn the_same_file_gives_the_same_ids() {
    let text = under_heading(&[SOUND, &with(0, "536366")]);
    let ids = |orders: Vec<ImportedOrder>| {
        orders.into_iter().map(|o| (o.order, o.entry)).collect::<Vec<_>>()
    };
    let first = ids(read(&text).0);
    assert_eq!(first, ids(read(&text).0));
    assert_ne!(first[0].0, first[1].0);
    assert_ne!(first[0].0.as_uuid(), first[0].1.as_uuid());
}

#[test]
fn the_sample_goes_in_as_its_readme_says() {
    let (orders, problems, lines_read) = read(include_bytes!("../../../samples/orders.csv"));
    let lines_in: usize = orders.iter().map(|order| order.lines.len()).sum();
    assert_eq!(orders.len(), 500);
    assert_eq!(lines_read, (lines_in + problems.len()) as u64);
    let readme = include_str!("../../../samples/README.md");
    for figure in [lines_read, lines_in as u64, problems.len() as u64] {
        assert!(readme.contains(&format!(" {figure} ")), "the README does not say {figure}");
    }
    for reason in
        [Reason::Cancellation, Reason::NegativeQuantity, Reason::ZeroPrice, Reason::NotGoods]
    {
        assert!(problems.iter().any(|problem| problem.reason == reason), "{reason:?}");
    }
    assert!(orders.iter().any(|order| order.buyer.is_none()));
}

#[test]
fn an_order_becomes_the_same_command_every_time() {
    let text = under_heading(&[SOUND, &with(0, "536366"), "7,M1,,1,2010-12-01 08:26:00,1,,"]);
    let commands = || -> Vec<_> { read(&text).0.iter().map(ImportedOrder::command).collect() };
    let first = commands();
    assert_eq!(first, commands());
    let (known, unknown) = (first[0].customer.as_ref().unwrap(), &first[2].customer);
    assert_eq!((known.name.as_str(), known.address.as_str()), ("Customer 17850", "United Kingdom"));
    assert_eq!(Some(known.customer), first[1].customer.as_ref().map(|again| again.customer));
    assert_eq!(unknown, &None);
    assert_eq!(first[2].lines[0].name, "M1");
    assert_eq!((first[0].lines[0].quantity, first[0].lines[0].unit_price_minor), (6, 42_075));
}

/// Bytes that look like a file, and now and then break it.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(SOUND.as_bytes().to_vec()),
        4 => Just(b"\n".to_vec()),
        2 => Just(b",".to_vec()),
        1 => Just(b"\"".to_vec()),
        1 => Just(b"C536379,22,x,-1,2010-12-01 08:26:00,0,,".to_vec()),
        2 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_line_goes_in_or_is_reported_whatever_the_bytes(bytes in hostile()) {
        let mut text = HEADING.as_bytes().to_vec();
        text.push(b'\n');
        text.extend_from_slice(&bytes);
        let (orders, problems, lines_read) = read(&text);
        let lines_in: usize = orders.iter().map(|order| order.lines.len()).sum();
        prop_assert_eq!(lines_read, (lines_in + problems.len()) as u64);
        prop_assert!(problems.windows(2).all(|pair| pair[0].line < pair[1].line));
        prop_assert!(problems.iter().all(|problem| problem.line >= 2));
    }

    #[test]
    fn reading_in_small_pieces_changes_nothing(bytes in hostile(), room in 1_usize..64) {
        let mut text = HEADING.as_bytes().to_vec();
        text.push(b'\n');
        text.extend_from_slice(&bytes);
        let whole: Vec<Item> = OrdersCsv::open(Cursor::new(&text), conversion()).unwrap().map(Result::unwrap).collect();
        let pieces = io::BufReader::with_capacity(room, Cursor::new(&text));
        let again: Vec<Item> = OrdersCsv::open(pieces, conversion()).unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(whole, again);
    }
}
