//! Invoices and their lines, in the order of time.
//!
//! Each table is written in a pass of its own over the same random streams: what an invoice holds
//! depends on the seed and its id only, so its total and its lines agree without being kept.

use crate::{
    Counts, Result, Run,
    calendar::{self, DAYS, FIRST_DAY},
    customers::{Career, Customer},
    dirt::{Defects, Dirt},
    music::{CLEAN, Catalog},
    places::Place,
    rng::Rng,
    row::{Cents, Row},
    sampling::{self, Quota, Zipf},
    table_writer::{TableSpec, TableWriter},
};

static INVOICE: TableSpec = TableSpec {
    name: "Invoice",
    header: "InvoiceId,CustomerId,InvoiceDate,BillingAddress,BillingCity,BillingState,BillingCountry,\
             BillingPostalCode,Total",
    defects: Defects {
        share_percent: 200,
        weights: &[
            (Dirt::ExactDuplicate, 16),
            (Dirt::Redelivered, 12),
            (Dirt::CountryVariant, 22),
            (Dirt::MissingCountry, 6),
            (Dirt::MissingState, 6),
            (Dirt::MissingPostalCode, 6),
            (Dirt::StrayBlanks, 8),
            (Dirt::SecondDateFormat, 14),
            (Dirt::BadPrice, 3),
            (Dirt::OrphanKey, 2),
            (Dirt::MissingForeignKey, 1),
            (Dirt::MissingPrimaryKey, 2),
            (Dirt::MalformedRow, 2),
        ],
        foreign_keys: &[1],
        texts: &[3, 4, 6],
        outdated: 8,
        price: 8,
        date: 2,
        country: 6,
        state: 5,
        postal_code: 7,
        ..CLEAN
    },
};
static INVOICE_LINE: TableSpec = TableSpec {
    name: "InvoiceLine",
    header: "InvoiceLineId,InvoiceId,TrackId,UnitPrice,Quantity",
    defects: Defects {
        share_percent: 100,
        weights: &[
            (Dirt::ExactDuplicate, 28),
            (Dirt::Redelivered, 20),
            (Dirt::BadPrice, 18),
            (Dirt::BadQuantity, 14),
            (Dirt::OrphanKey, 7),
            (Dirt::MissingForeignKey, 5),
            (Dirt::MissingPrimaryKey, 4),
            (Dirt::MalformedRow, 4),
        ],
        foreign_keys: &[1, 2],
        outdated: 4,
        price: 3,
        quantity: 4,
        ..CLEAN
    },
};

/// Writes invoices and lines.
pub(crate) fn generate(run: &mut Run, catalog: &Catalog) -> Result<()> {
    let mut baskets = Baskets::new(run, catalog);
    let buyers = Buyers { seed: run.options.seed, customers: run.counts.customers, arrived: 0 };
    run.table(&INVOICE, |out| write_invoices(out, &mut baskets, buyers))?;
    baskets.restart();
    run.table(&INVOICE_LINE, |out| write_lines(out, &mut baskets))
}

fn write_invoices(out: &mut TableWriter, baskets: &mut Baskets, mut buyers: Buyers) -> Result<()> {
    let before = calendar::sales_before_day(baskets.counts.invoices);
    let mut row = Row::default();
    let mut place = Place::default();
    for day in 0..DAYS as usize {
        for id in before[day] + 1..=before[day + 1] {
            let customer_id = buyers.next(id, day as u64);
            let customer = Customer::of(buyers.seed, customer_id, &mut place);
            row.clear();
            row.push(id);
            row.push(customer_id);
            row.push_with(|text| calendar::write_date(text, FIRST_DAY + day as u64));
            row.push(&place.address);
            row.push(place.city);
            row.push(place.state);
            row.push(customer.country.name);
            row.push(&place.postal_code);
            row.push(Cents(baskets.next(id).iter().map(|line| line.cents * line.quantity).sum()));
            out.write(&row)?;
        }
    }
    Ok(())
}

fn write_lines(out: &mut TableWriter, baskets: &mut Baskets) -> Result<()> {
    let mut row = Row::default();
    let mut id = 0_u64;
    for invoice in 1..=baskets.counts.invoices {
        for line in baskets.next(invoice) {
            id += 1;
            row.clear();
            row.push(id);
            row.push(invoice);
            row.push(line.track + 1);
            row.push(Cents(line.cents));
            row.push(line.quantity);
            out.write(&row)?;
        }
    }
    Ok(())
}

/// Who buys: newcomers once when they come, then those who are there, the loyal ones more often.
struct Buyers {
    seed: u64,
    customers: u64,
    /// Customers up to this id have bought.
    arrived: u64,
}

/// So often a draw is repeated until somebody accepts; then whoever is drawn buys.
const DRAWS_MAX: usize = 64;

impl Buyers {
    fn next(&mut self, invoice: u64, day: u64) -> u64 {
        if self.arrived < self.customers && Career::joined(self.arrived + 1, self.customers) <= day {
            self.arrived += 1;
            return self.arrived;
        }
        let mut rng = Rng::stream(self.seed, "buyer", invoice);
        let known = self.arrived.max(1);
        let mut id = 1 + rng.below(known);
        for _ in 0..DRAWS_MAX {
            let career = Career::of(self.seed, id, self.customers);
            if day <= career.left && rng.below(8) < career.loyalty {
                break;
            }
            id = 1 + rng.below(known);
        }
        id
    }
}

/// One line of an invoice.
struct Line {
    /// The track, from 0.
    track: u32,
    cents: u64,
    quantity: u64,
}

/// What invoices hold: popular tracks often, and as many lines in all as there must be.
struct Baskets<'a> {
    seed: u64,
    counts: Counts,
    prices: &'a [u8],
    ranks: Zipf,
    track_of_rank: Vec<u32>,
    quota: Quota,
    lines: Vec<Line>,
}

/// Lines per invoice.
static INVOICE_LINES: &[u64] = &[1, 1, 2, 2, 2, 3, 4, 4, 5, 6, 6, 7, 9, 9, 14];
/// So often a track is drawn again when the invoice has it already; a tiny catalog may have no other.
const REDRAWS_MAX: usize = 20;

impl<'a> Baskets<'a> {
    fn new(run: &Run, catalog: &'a Catalog) -> Self {
        let tracks = catalog.prices.len() as u64;
        Baskets {
            seed: run.options.seed,
            counts: run.counts,
            prices: &catalog.prices,
            ranks: Zipf::new(tracks),
            track_of_rank: sampling::permutation(tracks, &mut run.rng("popularity", 0)),
            quota: Quota::new(run.counts.lines, run.counts.invoices, INVOICE_LINES),
            lines: Vec::new(),
        }
    }

    /// Begins again with the first invoice.
    fn restart(&mut self) {
        self.quota = Quota::new(self.counts.lines, self.counts.invoices, INVOICE_LINES);
    }

    /// The lines of an invoice. Invoices must be asked for in their order.
    fn next(&mut self, invoice: u64) -> &[Line] {
        let mut rng = Rng::stream(self.seed, "invoice", invoice);
        self.lines.clear();
        for _ in 0..self.quota.next(&mut rng) {
            let mut track = self.draw_track(&mut rng);
            for _ in 0..REDRAWS_MAX {
                if !self.lines.iter().any(|line| line.track == track) {
                    break;
                }
                track = self.draw_track(&mut rng);
            }
            let quantity = match rng.below(100) {
                0 => 3,
                1 | 2 => 2,
                _ => 1,
            };
            self.lines.push(Line { track, cents: self.prices[track as usize].into(), quantity });
        }
        &self.lines
    }

    fn draw_track(&self, rng: &mut Rng) -> u32 {
        self.track_of_rank[self.ranks.draw(rng)]
    }
}
