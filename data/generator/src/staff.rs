//! The shop's employees: a general manager, sales and IT, hired over the years.

use crate::{
    Result, Run,
    calendar::{self, FIRST_DAY},
    music::CLEAN,
    people,
    places::{self, Place},
    row::Row,
    table_writer::TableSpec,
};

/// What sales need to know of the staff.
pub(crate) struct Staff {
    /// Sales agents with the day of their hire, by that day.
    pub(crate) agents: Vec<(u64, u64)>,
}

static EMPLOYEE: TableSpec = TableSpec {
    name: "Employee",
    header: "EmployeeId,LastName,FirstName,Title,ReportsTo,BirthDate,HireDate,Address,City,State,Country,PostalCode,\
             Phone,Fax,Email",
    defects: CLEAN,
};

/// The first eight are hired before this day: sales begin with a staff.
const FOUNDERS: u64 = 8;
const FOUNDERS_FIRST_DAY: u64 = FIRST_DAY - 5 * 365;
/// Number of days over which the others are hired.
const HIRING_DAYS: u64 = 4 * 365;

/// Writes the employees.
pub(crate) fn generate(run: &mut Run) -> Result<Staff> {
    let count = run.counts.employees;
    let seed_rng = |id| run.rng("employee", id);
    let mut rngs: Vec<_> = (1..=count).map(seed_rng).collect();
    run.table(&EMPLOYEE, |out| {
        let mut agents = Vec::new();
        let mut row = Row::default();
        let mut place = Place::default();
        let mut sales_manager = 2;
        let Some(canada) = places::find_country("Canada") else { return Ok(Staff { agents }) };
        for (id, rng) in (1..=count).zip(&mut rngs) {
            let (title, reports_to) = position(id, sales_manager);
            if title == "Sales Manager" {
                sales_manager = id;
            }
            let hired = hire_day(id, count, rng.below(20));
            if title == "Sales Support Agent" {
                agents.push((id, hired));
            }
            let (first, last) = people::ENGLISH.draw(rng);
            canada.draw_place(rng, &mut place);
            row.clear();
            row.push(id);
            row.push(last);
            row.push(first);
            row.push(title);
            row.push_with(|text| {
                if let Some(manager) = reports_to {
                    text.push_str(&manager.to_string())
                }
            });
            row.push_with(|text| calendar::write_date(text, hired - rng.between(20 * 365, 45 * 365)));
            row.push_with(|text| calendar::write_date(text, hired));
            row.push(&place.address);
            row.push(place.city);
            row.push(place.state);
            row.push(canada.name);
            row.push(&place.postal_code);
            row.push_with(|text| canada.write_phone(rng, text));
            row.push_with(|text| canada.write_phone(rng, text));
            row.push_with(|text| people::write_email(text, first, last, id, "chinook.example.com"));
            out.write(&row)?;
        }
        Ok(Staff { agents })
    })
}

/// Title and superior: the first eight as in Chinook, then teams of eight with a manager and one of IT.
fn position(id: u64, sales_manager: u64) -> (&'static str, Option<u64>) {
    match id {
        1 => ("General Manager", None),
        2 => ("Sales Manager", Some(1)),
        3..=5 => ("Sales Support Agent", Some(2)),
        6 => ("IT Manager", Some(1)),
        7 | 8 => ("IT Staff", Some(6)),
        _ => match id % 8 {
            1 => ("Sales Manager", Some(1)),
            0 => ("IT Staff", Some(6)),
            _ => ("Sales Support Agent", Some(sales_manager)),
        },
    }
}

/// Later ids are hired later; the founders before sales begin, the others over the first four years.
fn hire_day(id: u64, count: u64, jitter: u64) -> u64 {
    if id <= FOUNDERS {
        FOUNDERS_FIRST_DAY + id * 150 + jitter
    } else {
        FIRST_DAY + (id - FOUNDERS) * HIRING_DAYS / (count - FOUNDERS) + jitter
    }
}
