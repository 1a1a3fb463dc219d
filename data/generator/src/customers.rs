//! Customers: who they are, when they came and left, how often they buy.
//!
//! A customer is made from a random stream of its own, so that its address can be written again on
//! each invoice without keeping millions of customers in memory.

use crate::{
    Result, Run,
    calendar::{DAYS, FIRST_DAY},
    dirt::{Defects, Dirt},
    music::CLEAN,
    people,
    places::{self, Country, Place},
    rng::Rng,
    row::Row,
    staff::Staff,
    table_writer::TableSpec,
};

static CUSTOMER: TableSpec = TableSpec {
    name: "Customer",
    header: "CustomerId,FirstName,LastName,Company,Address,City,State,Country,PostalCode,Phone,Fax,Email,SupportRepId",
    defects: Defects {
        // People type addresses; machines write lines.
        share_percent: 400,
        weights: &[
            (Dirt::ExactDuplicate, 14),
            (Dirt::Redelivered, 12),
            (Dirt::CountryVariant, 24),
            (Dirt::MissingCountry, 6),
            (Dirt::MissingState, 8),
            (Dirt::MissingEmail, 12),
            (Dirt::MissingPostalCode, 8),
            (Dirt::StrayBlanks, 10),
            (Dirt::OrphanKey, 2),
            (Dirt::MissingPrimaryKey, 2),
            (Dirt::MalformedRow, 2),
        ],
        foreign_keys: &[12],
        texts: &[1, 2, 5, 7, 11],
        outdated: 9,
        country: 7,
        state: 6,
        postal_code: 8,
        email: 11,
        ..CLEAN
    },
};
/// What stays the same for a customer on every invoice.
pub(crate) struct Customer {
    pub(crate) country: &'static Country,
    names: (&'static str, &'static str),
    rng: Rng,
}

impl Customer {
    /// The customer with this id; fills `place` with the address.
    pub(crate) fn of(seed: u64, id: u64, place: &mut Place) -> Self {
        let mut rng = Rng::stream(seed, "customer", id);
        let country = places::draw_country(&mut rng);
        let names = country.names.draw(&mut rng);
        country.draw_place(&mut rng, place);
        Customer { country, names, rng }
    }
}

/// Writes the customers.
pub(crate) fn generate(run: &mut Run, staff: &Staff) -> Result<()> {
    let (count, seed) = (run.counts.customers, run.options.seed);
    run.table(&CUSTOMER, |out| {
        let mut row = Row::default();
        let mut place = Place::default();
        for id in 1..=count {
            let Customer { country, names: (first, last), mut rng } = Customer::of(seed, id, &mut place);
            let company = rng.percent(17);
            row.clear();
            row.push(id);
            row.push(first);
            row.push(last);
            row.push(if company { people::company(&mut rng) } else { "" });
            row.push(&place.address);
            row.push(place.city);
            row.push(place.state);
            row.push(country.name);
            row.push(&place.postal_code);
            row.push_with(|text| country.write_phone(&mut rng, text));
            row.push_with(|text| {
                if company {
                    country.write_phone(&mut rng, text)
                }
            });
            row.push_with(|text| people::write_email(text, first, last, id, country.email_host));
            row.push(support_agent(staff, Career::of(seed, id, count).joined, &mut rng));
            out.write(&row)?;
        }
        Ok(())
    })
}

/// One of the agents hired when the customer came. The first agent if there was none yet.
fn support_agent(staff: &Staff, joined: u64, rng: &mut Rng) -> u64 {
    let hired = staff.agents.partition_point(|&(_, hired)| hired <= FIRST_DAY + joined).max(1);
    rng.pick(&staff.agents[..hired]).0
}

/// When a customer came, left, and how often it buys.
pub(crate) struct Career {
    /// First day, counted from the first day of sales.
    pub(crate) joined: u64,
    /// Last day.
    pub(crate) left: u64,
    /// 1 (rarely) to 8 (often).
    pub(crate) loyalty: u64,
}

/// So many percent of the customers are there on the first days.
const INITIAL_PERCENT: u64 = 35;
/// The last customer comes so many days before the end.
const QUIET_DAYS: u64 = 60;

impl Career {
    /// The career of the customer with this id.
    pub(crate) fn of(seed: u64, id: u64, customers: u64) -> Self {
        let mut rng = Rng::stream(seed, "career", id);
        let joined = Self::joined(id, customers);
        let stays = match rng.below(10) {
            0 | 1 => rng.between(20, 200),
            2..=4 => rng.between(200, 900),
            _ => DAYS,
        };
        let loyalty = rng.pick(&[1, 1, 2, 2, 2, 3, 3, 4, 6, 8]);
        Career { joined, left: joined + stays, loyalty }
    }

    /// The first day of a customer. Ids are given in the order of coming: some at once, the others evenly.
    pub(crate) fn joined(id: u64, customers: u64) -> u64 {
        let initial = customers * INITIAL_PERCENT / 100;
        match id.checked_sub(initial + 1) {
            None => id * 30 / (initial + 1),
            Some(later) => 30 + later * (DAYS - QUIET_DAYS - 30) / (customers - initial),
        }
    }
}
