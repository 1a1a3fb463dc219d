//! Names of people by language, companies, e-mail addresses.

use crate::rng::Rng;

/// First and last names of one language.
pub(crate) struct Names {
    first: &'static [&'static str],
    last: &'static [&'static str],
}

impl Names {
    /// A first and a last name.
    pub(crate) fn draw(&self, rng: &mut Rng) -> (&'static str, &'static str) {
        (rng.pick(self.first), rng.pick(self.last))
    }
}

pub(crate) static ENGLISH: Names = Names {
    first: &[
        "Alice",
        "Benjamin",
        "Charlotte",
        "Daniel",
        "Eleanor",
        "Frank",
        "Grace",
        "Henry",
        "Isla",
        "Jack",
        "Kate",
        "Liam",
        "Mia",
        "Nathan",
        "Olivia",
        "Peter",
        "Quinn",
        "Rose",
        "Samuel",
        "Tara",
        "Victor",
        "Wendy",
        "Zoe",
        "Hugh",
    ],
    last: &[
        "Adams",
        "Baker",
        "Carter",
        "Dawson",
        "Ellis",
        "Fletcher",
        "Graham",
        "Hughes",
        "Irving",
        "Johnson",
        "Knight",
        "Lawson",
        "Mitchell",
        "Norris",
        "O'Brien",
        "Palmer",
        "Quigley",
        "Reed",
        "Stone",
        "Turner",
        "Underwood",
        "Walsh",
        "Young",
        "McCarthy",
    ],
};
pub(crate) static FRENCH: Names = Names {
    first: &[
        "Aurélie",
        "Benoît",
        "Camille",
        "Denis",
        "Élodie",
        "François",
        "Gaëlle",
        "Hélène",
        "Inès",
        "Jérôme",
        "Léa",
        "Mathieu",
        "Noémie",
        "Olivier",
        "Pascal",
        "Zoé",
    ],
    last: &[
        "Arnaud",
        "Béranger",
        "Chevalier",
        "Delacroix",
        "Étienne",
        "Fournier",
        "Garnier",
        "Lefèvre",
        "Marchand",
        "Noël",
        "Perrin",
        "Renaud",
        "Rousseau",
        "Thévenet",
        "Vidal",
        "D'Arcy",
    ],
};
pub(crate) static GERMAN: Names = Names {
    first: &[
        "Anke", "Björn", "Claudia", "Dieter", "Elke", "Florian", "Gisela", "Heiko", "Ines", "Jürgen", "Katrin",
        "Lukas", "Marlene", "Niklas", "Sören", "Ute",
    ],
    last: &[
        "Albrecht",
        "Böhm",
        "Dietrich",
        "Engel",
        "Förster",
        "Günther",
        "Hoffmann",
        "Jäger",
        "Köhler",
        "Lindner",
        "Müller",
        "Neumann",
        "Schröder",
        "Voß",
        "Weiß",
        "Zimmermann",
    ],
};
pub(crate) static PORTUGUESE: Names = Names {
    first: &[
        "Ana",
        "Bruno",
        "Cláudia",
        "Davi",
        "Eduarda",
        "Fábio",
        "Gonçalo",
        "Inês",
        "João",
        "Letícia",
        "Luís",
        "Mônica",
        "Otávio",
        "Patrícia",
        "Rúben",
        "Vitória",
    ],
    last: &[
        "Almeida",
        "Araújo",
        "Barbosa",
        "Conceição",
        "Falcão",
        "Gonçalves",
        "Guimarães",
        "Lobão",
        "Magalhães",
        "Nóbrega",
        "Oliveira",
        "Pinheiro",
        "Ramos",
        "Simões",
        "Teixeira",
        "Vasconcelos",
    ],
};
pub(crate) static SPANISH: Names = Names {
    first: &[
        "Álvaro", "Beatriz", "Carmen", "Diego", "Elena", "Fermín", "Gloria", "Íñigo", "Javier", "Lucía", "Martín",
        "Núria", "Óscar", "Pilar", "Raúl", "Sofía",
    ],
    last: &[
        "Álvarez",
        "Castro",
        "Domínguez",
        "Espinoza",
        "Fernández",
        "Gutiérrez",
        "Ibáñez",
        "Jiménez",
        "López",
        "Muñoz",
        "Núñez",
        "Ortega",
        "Peña",
        "Quiroga",
        "Rojas",
        "Vázquez",
    ],
};
pub(crate) static ITALIAN: Names = Names {
    first: &[
        "Alessia", "Bruno", "Chiara", "Davide", "Elisa", "Federico", "Giulia", "Lorenzo", "Matteo", "Niccolò", "Paola",
        "Renzo",
    ],
    last: &[
        "Amato", "Bianchi", "Conti", "D'Angelo", "Esposito", "Ferrari", "Galli", "Lombardi", "Moretti", "Ricci",
        "Serra", "Vitale",
    ],
};
pub(crate) static NORDIC: Names = Names {
    first: &[
        "Anders", "Åsa", "Bjørn", "Ebba", "Freja", "Göran", "Håkon", "Ingrid", "Jörgen", "Kåre", "Linnéa", "Mikkel",
        "Søren", "Terhi", "Väinö", "Øyvind",
    ],
    last: &[
        "Andersson",
        "Bergström",
        "Dahl",
        "Eriksen",
        "Grønvold",
        "Hämäläinen",
        "Jørgensen",
        "Korhonen",
        "Lindqvist",
        "Mäkinen",
        "Nygård",
        "Østergaard",
        "Sjöberg",
        "Solheim",
        "Thorsen",
        "Åkerlund",
    ],
};
pub(crate) static DUTCH: Names = Names {
    first: &[
        "Anouk", "Bram", "Daan", "Esmée", "Femke", "Gijs", "Joris", "Lotte", "Maarten", "Noortje", "Sanne", "Thijs",
    ],
    last: &[
        "Bakker",
        "De Vries",
        "Dijkstra",
        "Hendriks",
        "Jansen",
        "Mulder",
        "Peeters",
        "Smit",
        "Van Dam",
        "Van den Berg",
        "Visser",
        "Willems",
    ],
};
pub(crate) static SLAVIC: Names = Names {
    first: &[
        "Agnieszka",
        "Božena",
        "Dušan",
        "Ewa",
        "František",
        "Jiří",
        "Katarína",
        "László",
        "Małgorzata",
        "Ondřej",
        "Petra",
        "Stanisław",
        "Tomáš",
        "Wojciech",
        "Zoltán",
        "Žofie",
    ],
    last: &[
        "Černý",
        "Dvořák",
        "Horváth",
        "Jabłoński",
        "Kovács",
        "Kučera",
        "Lewandowski",
        "Novák",
        "Procházka",
        "Szabó",
        "Švec",
        "Tóth",
        "Veselý",
        "Wiśniewski",
        "Wójcik",
        "Zieliński",
    ],
};
pub(crate) static INDIAN: Names = Names {
    first: &[
        "Aditi", "Arjun", "Deepak", "Ishaan", "Kavya", "Lakshmi", "Manoj", "Neha", "Priya", "Rohan", "Sanjay", "Vikram",
    ],
    last: &[
        "Banerjee",
        "Chopra",
        "Desai",
        "Gupta",
        "Iyer",
        "Joshi",
        "Kapoor",
        "Mehta",
        "Nair",
        "Patel",
        "Sharma",
        "Srivastava",
    ],
};

static COMPANIES: &[&str] = &[
    "Blue Harbor Ltd.",
    "Café Lumière, S.A.",
    "Nordlicht GmbH & Co. KG",
    "Quarry & Sons, Inc.",
    "Estúdio Maré Alta S.A.",
    "Riverside Records",
    "\"The Vinyl Room\" LLC",
    "Kobalt Medien GmbH",
    "Sunrise Telecom",
    "Polar Data AS",
    "Tramontana S.L.",
    "Maple Leaf Logistics Inc.",
];

/// The name of a company.
pub(crate) fn company(rng: &mut Rng) -> &'static str {
    rng.pick(COMPANIES)
}

/// Appends an e-mail address made of a name, unique by `id`.
pub(crate) fn write_email(out: &mut String, first: &str, last: &str, id: u64, host: &str) {
    write_ascii(out, first);
    out.push('.');
    write_ascii(out, last);
    out.push_str(&id.to_string());
    out.push('@');
    out.push_str(host);
}

/// Appends the letters of a name in lower case without accents, as people spell theirs in addresses.
fn write_ascii(out: &mut String, name: &str) {
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'a'..='z' | '0'..='9' => out.push(letter),
            'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => out.push('a'),
            'é' | 'è' | 'ê' | 'ë' | 'ě' => out.push('e'),
            'í' | 'ì' | 'î' | 'ï' => out.push('i'),
            'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'ø' => out.push('o'),
            'ú' | 'ù' | 'û' | 'ü' | 'ů' => out.push('u'),
            'ç' | 'č' | 'ć' => out.push('c'),
            'ñ' | 'ń' => out.push('n'),
            'š' | 'ś' => out.push('s'),
            'ž' | 'ź' | 'ż' => out.push('z'),
            'ß' => out.push_str("ss"),
            'ł' => out.push('l'),
            'ř' => out.push('r'),
            'ý' => out.push('y'),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_are_ascii() {
        let mut out = String::new();
        write_email(&mut out, "Jürgen", "D'Ângelo Voß", 12, "example.de");
        assert_eq!(out, "jurgen.dangelovoss12@example.de");
    }
}
