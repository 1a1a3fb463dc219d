//! Countries with their cities, streets, postal codes, telephone numbers, and how scrapes misspell them.
//!
//! `#` in a pattern is a digit, `@` a capital letter, `%` a digit from 1 to 9.

use std::fmt::Write;

use crate::{
    people::{self, Names},
    rng::Rng,
};

/// What is known of a country.
pub(crate) struct Country {
    /// As Chinook writes it.
    pub(crate) name: &'static str,
    weight: u32,
    /// Cities with their states; the state is empty where addresses have none.
    cities: &'static [(&'static str, &'static str)],
    postal_code: &'static str,
    /// `{}` is the name of the street.
    street: &'static str,
    streets: &'static [&'static str],
    phone: &'static str,
    /// Host of e-mail addresses.
    pub(crate) email_host: &'static str,
    /// Names of the people there.
    pub(crate) names: &'static Names,
    /// Other spellings of the country, as raw data have them.
    pub(crate) variants: &'static [&'static str],
}

/// An address; its buffers are reused.
#[derive(Default)]
pub(crate) struct Place {
    /// Street and number.
    pub(crate) address: String,
    /// City.
    pub(crate) city: &'static str,
    /// State, empty where there is none.
    pub(crate) state: &'static str,
    /// Postal code, empty where Chinook has none.
    pub(crate) postal_code: String,
}

/// Draws a country, likely as it has customers.
pub(crate) fn draw_country(rng: &mut Rng) -> &'static Country {
    &COUNTRIES[rng.weighted(COUNTRIES.iter().map(|country| country.weight))]
}

/// The country of that name.
pub(crate) fn find_country(name: &str) -> Option<&'static Country> {
    COUNTRIES.iter().find(|country| country.name == name)
}

impl Country {
    /// Fills `place` with an address in this country.
    pub(crate) fn draw_place(&self, rng: &mut Rng, place: &mut Place) {
        (place.city, place.state) = rng.pick(self.cities);
        let name = rng.pick(self.streets);
        place.address.clear();
        match self.street.split_once("{}") {
            Some((before, after)) => {
                write_pattern(&mut place.address, before, rng);
                place.address.push_str(name);
                write_pattern(&mut place.address, after, rng);
            }
            None => place.address.push_str(name),
        }
        place.postal_code.clear();
        write_pattern(&mut place.postal_code, self.postal_code, rng);
    }

    /// Appends a telephone number.
    pub(crate) fn write_phone(&self, rng: &mut Rng, out: &mut String) {
        write_pattern(out, self.phone, rng);
    }
}

fn write_pattern(out: &mut String, pattern: &str, rng: &mut Rng) {
    for symbol in pattern.chars() {
        let _ = match symbol {
            '#' => write!(out, "{}", rng.below(10)),
            '%' => write!(out, "{}", rng.between(1, 9)),
            '@' => write!(out, "{}", char::from(b'A' + rng.below(26) as u8)),
            other => write!(out, "{other}"),
        };
    }
}

static COUNTRIES: &[Country] = &[
    Country {
        name: "USA",
        weight: 26,
        cities: &[
            ("New York", "NY"),
            ("Boston", "MA"),
            ("Chicago", "IL"),
            ("Madison", "WI"),
            ("Austin", "TX"),
            ("Seattle", "WA"),
            ("Portland", "OR"),
            ("Salt Lake City", "UT"),
            ("Tucson", "AZ"),
            ("Orlando", "FL"),
            ("San José", "CA"),
            ("Denver", "CO"),
        ],
        postal_code: "#####",
        street: "%## {}",
        streets: &[
            "Maple Avenue",
            "N Harbor Drive",
            "Elm Street, Apt. 4",
            "Lincoln Blvd",
            "W Lake Street",
            "5th Avenue",
        ],
        phone: "+1 (%##) ###-####",
        email_host: "example.com",
        names: &people::ENGLISH,
        variants: &["U.S.A.", "United States", "united states of america", "US", "usa", "United States of America"],
    },
    Country {
        name: "Canada",
        weight: 16,
        cities: &[
            ("Toronto", "ON"),
            ("Montréal", "QC"),
            ("Vancouver", "BC"),
            ("Calgary", "AB"),
            ("Winnipeg", "MB"),
            ("Halifax", "NS"),
            ("Québec", "QC"),
        ],
        postal_code: "@#@ #@#",
        street: "%## {}",
        streets: &["Jasper Ave NW", "rue Sainte-Catherine", "Dundas Street West", "King Street", "Granville Street"],
        phone: "+1 (%##) ###-####",
        email_host: "example.ca",
        names: &people::ENGLISH,
        variants: &["canada", "CANADA", "CA"],
    },
    Country {
        name: "Brazil",
        weight: 10,
        cities: &[
            ("São Paulo", "SP"),
            ("Rio de Janeiro", "RJ"),
            ("Brasília", "DF"),
            ("Florianópolis", "SC"),
            ("Belém", "PA"),
        ],
        postal_code: "0%###-###",
        street: "{}, %##",
        streets: &["Av. Paulista", "Rua Aurora", "Praça da Sé", "Rua das Laranjeiras", "Av. Atlântica"],
        phone: "+55 (%#) %###-####",
        email_host: "example.com.br",
        names: &people::PORTUGUESE,
        variants: &["Brasil", "brazil", "BRAZIL", "BR"],
    },
    Country {
        name: "France",
        weight: 10,
        cities: &[("Paris", ""), ("Lyon", ""), ("Bordeaux", ""), ("Dijon", ""), ("Nîmes", ""), ("Saint-Étienne", "")],
        postal_code: "0%###",
        street: "%#, {}",
        streets: &["Rue Racine", "Place Bellevue", "Rue de l'Église", "Avenue Foch", "Quai des Brumes"],
        phone: "+33 0% ## ## ## ##",
        email_host: "example.fr",
        names: &people::FRENCH,
        variants: &["france", "FRANCE", "FR"],
    },
    Country {
        name: "Germany",
        weight: 8,
        cities: &[("Berlin", ""), ("Köln", ""), ("München", ""), ("Stuttgart", ""), ("Frankfurt", ""), ("Leipzig", "")],
        postal_code: "#####",
        street: "{} %#",
        streets: &["Schloßstraße", "Goethestraße", "Am Güterbahnhof", "Lindenallee", "Königsplatz"],
        phone: "+49 0%# #######",
        email_host: "example.de",
        names: &people::GERMAN,
        variants: &["Deutschland", "germany", "GERMANY", "DE"],
    },
    Country {
        name: "United Kingdom",
        weight: 6,
        cities: &[("London", ""), ("Edinburgh", ""), ("Manchester", ""), ("Bristol", "")],
        postal_code: "@@% %@@",
        street: "%## {}",
        streets: &["Hoxton Street", "Abbey Road", "Raeburn Place", "St. James's Square"],
        phone: "+44 0%# #### ####",
        email_host: "example.co.uk",
        names: &people::ENGLISH,
        variants: &["UK", "U.K.", "Great Britain", "united kingdom", "GB"],
    },
    Country {
        name: "Portugal",
        weight: 4,
        cities: &[("Lisbon", ""), ("Porto", ""), ("Évora", "")],
        postal_code: "",
        street: "{}, %#",
        streets: &["Rua da Assunção", "Rua do Alecrim", "Largo de São Domingos"],
        phone: "+351 (2##) ###-###",
        email_host: "example.pt",
        names: &people::PORTUGUESE,
        variants: &["portugal", "PORTUGAL", "PT"],
    },
    Country {
        name: "Czech Republic",
        weight: 4,
        cities: &[("Prague", ""), ("Brno", ""), ("Plzeň", "")],
        postal_code: "1##00",
        street: "{} %##/%#",
        streets: &["Klánova", "Vodičkova", "Dlouhá"],
        phone: "+420 2 #### ####",
        email_host: "example.cz",
        names: &people::SLAVIC,
        variants: &["Czechia", "czech republic", "CZ"],
    },
    Country {
        name: "India",
        weight: 4,
        cities: &[("Delhi", ""), ("Bangalore", ""), ("Mumbai", "")],
        postal_code: "%#00##",
        street: "%#, {}",
        streets: &["Raj Path", "Community Centre", "MG Road", "Brigade Road, 2nd Cross"],
        phone: "+91 0## ########",
        email_host: "example.in",
        names: &people::INDIAN,
        variants: &["india", "INDIA", "IN"],
    },
    Country {
        name: "Norway",
        weight: 2,
        cities: &[("Oslo", ""), ("Tromsø", "")],
        postal_code: "0%##",
        street: "{} %#",
        streets: &["Ullevålsveien", "Storgata", "Bjørnsons gate"],
        phone: "+47 %# ## ## ##",
        email_host: "example.no",
        names: &people::NORDIC,
        variants: &["Norge", "norway", "NO"],
    },
    Country {
        name: "Sweden",
        weight: 2,
        cities: &[("Stockholm", ""), ("Göteborg", ""), ("Malmö", "")],
        postal_code: "1####",
        street: "{} %#",
        streets: &["Celsiusgatan", "Drottninggatan", "Sveavägen"],
        phone: "+46 08-### ## ##",
        email_host: "example.se",
        names: &people::NORDIC,
        variants: &["Sverige", "sweden", "SE"],
    },
    Country {
        name: "Finland",
        weight: 2,
        cities: &[("Helsinki", ""), ("Jyväskylä", "")],
        postal_code: "00%#0",
        street: "{} %#",
        streets: &["Porthaninkatu", "Hämeentie"],
        phone: "+358 09 ### ####",
        email_host: "example.fi",
        names: &people::NORDIC,
        variants: &["Suomi", "finland", "FI"],
    },
    Country {
        name: "Denmark",
        weight: 2,
        cities: &[("Copenhagen", ""), ("Århus", "")],
        postal_code: "%###",
        street: "{} %#",
        streets: &["Sønder Boulevard", "Nørrebrogade"],
        phone: "+45 %### ####",
        email_host: "example.dk",
        names: &people::NORDIC,
        variants: &["Danmark", "denmark", "DK"],
    },
    Country {
        name: "Italy",
        weight: 2,
        cities: &[("Rome", "RM"), ("Milan", "MI"), ("Forlì", "FC")],
        postal_code: "00%##",
        street: "{}, %#",
        streets: &["Via Degli Scipioni", "Corso Garibaldi", "Piazza dell'Unità"],
        phone: "+39 06 ########",
        email_host: "example.it",
        names: &people::ITALIAN,
        variants: &["Italia", "italy", "IT"],
    },
    Country {
        name: "Spain",
        weight: 2,
        cities: &[("Madrid", ""), ("Málaga", ""), ("A Coruña", "")],
        postal_code: "0%###",
        street: "C/ {}, %#",
        streets: &["San Bernardo", "Gran Vía", "Núñez de Balboa"],
        phone: "+34 9## ### ###",
        email_host: "example.es",
        names: &people::SPANISH,
        variants: &["España", "spain", "ES"],
    },
    Country {
        name: "Netherlands",
        weight: 2,
        cities: &[("Amsterdam", "NH"), ("Utrecht", "UT"), ("'s-Hertogenbosch", "NB")],
        postal_code: "%###",
        street: "{} %#bis",
        streets: &["Lijnbaansgracht", "Oudegracht", "Kerkstraat"],
        phone: "+31 020 #######",
        email_host: "example.nl",
        names: &people::DUTCH,
        variants: &["Holland", "The Netherlands", "NL"],
    },
    Country {
        name: "Belgium",
        weight: 2,
        cities: &[("Brussels", ""), ("Liège", "")],
        postal_code: "%0#0",
        street: "{} %#",
        streets: &["Grétrystraat", "Rue Haute"],
        phone: "+32 02 ### ## ##",
        email_host: "example.be",
        names: &people::DUTCH,
        variants: &["belgium", "België", "BE"],
    },
    Country {
        name: "Austria",
        weight: 2,
        cities: &[("Vienne", ""), ("Graz", "")],
        postal_code: "%0#0",
        street: "{} %, 1010 Innere Stadt",
        streets: &["Rotenturmstraße", "Kärntner Ring"],
        phone: "+43 01 #######",
        email_host: "example.at",
        names: &people::GERMAN,
        variants: &["Österreich", "austria", "AT"],
    },
    Country {
        name: "Hungary",
        weight: 2,
        cities: &[("Budapest", ""), ("Győr", "")],
        postal_code: "H-1%##",
        street: "{} %#.",
        streets: &["Erzsébet krt.", "Andrássy út"],
        phone: "+36 1 ### ####",
        email_host: "example.hu",
        names: &people::SLAVIC,
        variants: &["Magyarország", "hungary", "HU"],
    },
    Country {
        name: "Poland",
        weight: 2,
        cities: &[("Warsaw", ""), ("Łódź", ""), ("Kraków", "")],
        postal_code: "0#-###",
        street: "{} %#",
        streets: &["Ordynacka", "Świętokrzyska"],
        phone: "+48 22 ### ## ##",
        email_host: "example.pl",
        names: &people::SLAVIC,
        variants: &["Polska", "poland", "PL"],
    },
    Country {
        name: "Ireland",
        weight: 2,
        cities: &[("Dublin", "Dublin"), ("Galway", "Galway")],
        postal_code: "",
        street: "% {}",
        streets: &["Chatham Street", "O'Connell Street"],
        phone: "+353 01 #######",
        email_host: "example.ie",
        names: &people::ENGLISH,
        variants: &["Éire", "ireland", "IE"],
    },
    Country {
        name: "Australia",
        weight: 2,
        cities: &[("Sidney", "NSW"), ("Melbourne", "VIC")],
        postal_code: "%###",
        street: "%## {}",
        streets: &["Bourke Street", "Pitt Street"],
        phone: "+61 (02) #### ####",
        email_host: "example.com.au",
        names: &people::ENGLISH,
        variants: &["australia", "AUSTRALIA", "AU"],
    },
    Country {
        name: "Argentina",
        weight: 2,
        cities: &[("Buenos Aires", ""), ("Córdoba", "")],
        postal_code: "%###",
        street: "%## {}",
        streets: &["Macacha Güemes", "Av. Corrientes"],
        phone: "+54 (0)11 #### ####",
        email_host: "example.com.ar",
        names: &people::SPANISH,
        variants: &["argentina", "ARGENTINA", "AR"],
    },
    Country {
        name: "Chile",
        weight: 2,
        cities: &[("Santiago", ""), ("Valparaíso", "")],
        postal_code: "",
        street: "{}, %##",
        streets: &["Calle Lira", "Av. Providencia"],
        phone: "+56 (0)2 ### ####",
        email_host: "example.cl",
        names: &people::SPANISH,
        variants: &["chile", "CHILE", "CL"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_fit_their_country() {
        let mut place = Place::default();
        let mut rng = Rng::stream(5, "place", 0);
        let norway = find_country("Norway").unwrap();
        for _ in 0..50 {
            norway.draw_place(&mut rng, &mut place);
            assert!(place.postal_code.len() == 4 && place.postal_code.starts_with('0'), "{}", place.postal_code);
            assert!(matches!(place.city, "Oslo" | "Tromsø") && place.state.is_empty());
        }
    }

    #[test]
    fn every_variant_names_one_country() {
        let mut seen = std::collections::HashMap::new();
        for country in COUNTRIES {
            for variant in country.variants.iter().chain([&country.name]) {
                let other = seen.insert(variant.to_lowercase(), country.name);
                assert!(other.is_none_or(|name| name == country.name), "{variant} names two countries");
            }
        }
    }
}
