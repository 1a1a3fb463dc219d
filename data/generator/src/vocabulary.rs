//! Words from which artists, albums and tracks get their names, and Chinook's fixed small tables.

use std::fmt::Write;

use crate::{people, rng::Rng};

/// Genres by id, each with its share of the artists. Ids 18 to 22 are video.
pub(crate) static GENRES: &[(&str, u32)] = &[
    ("Rock", 1297),
    ("Jazz", 130),
    ("Metal", 374),
    ("Alternative & Punk", 332),
    ("Rock And Roll", 12),
    ("Blues", 81),
    ("Latin", 579),
    ("Reggae", 58),
    ("Pop", 48),
    ("Soundtrack", 43),
    ("Bossa Nova", 15),
    ("Easy Listening", 24),
    ("Heavy Metal", 28),
    ("R&B/Soul", 61),
    ("Electronica/Dance", 30),
    ("World", 28),
    ("Hip Hop/Rap", 35),
    ("Science Fiction", 13),
    ("TV Shows", 93),
    ("Sci Fi & Fantasy", 26),
    ("Drama", 64),
    ("Comedy", 17),
    ("Alternative", 40),
    ("Classical", 74),
    ("Opera", 1),
];

/// Media types by id.
pub(crate) static MEDIA_TYPES: &[&str] = &[
    "MPEG audio file",
    "Protected AAC audio file",
    "Protected MPEG-4 video file",
    "Purchased AAC audio file",
    "AAC audio file",
];

/// What a playlist holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pool {
    Audio,
    Video,
}

/// Playlists by id: name, pool, and the number of tracks that they have in Chinook.
pub(crate) static PLAYLISTS: &[(&str, Pool, u64)] = &[
    ("Music", Pool::Audio, 3290),
    ("Movies", Pool::Video, 0),
    ("TV Shows", Pool::Video, 213),
    ("Audiobooks", Pool::Audio, 0),
    ("90’s Music", Pool::Audio, 1477),
    ("Audiobooks", Pool::Audio, 0),
    ("Movies", Pool::Video, 0),
    ("Music", Pool::Audio, 3290),
    ("Music Videos", Pool::Video, 1),
    ("TV Shows", Pool::Video, 213),
    ("Brazilian Music", Pool::Audio, 39),
    ("Classical", Pool::Audio, 75),
    ("Classical 101 - Deep Cuts", Pool::Audio, 25),
    ("Classical 101 - Next Steps", Pool::Audio, 25),
    ("Classical 101 - The Basics", Pool::Audio, 25),
    ("Grunge", Pool::Audio, 15),
    ("Heavy Metal Classic", Pool::Audio, 26),
    ("On-The-Go 1", Pool::Audio, 1),
];

static ADJECTIVES: &[&str] = &[
    "Black", "Electric", "Broken", "Golden", "Silent", "Wild", "Crooked", "Blue", "Endless", "Velvet", "Burning",
    "Lost", "Paper", "Midnight", "Holy", "Savage", "Frozen", "Lonely", "Scarlet", "Hollow", "Restless", "Distant",
    "Iron", "Sweet",
];
static NOUNS: &[&str] = &[
    "River",
    "Engine",
    "Garden",
    "Mirror",
    "Thunder",
    "Harbor",
    "Wolf",
    "Satellite",
    "Highway",
    "Ghost",
    "Summer",
    "Carnival",
    "Diamond",
    "Shadow",
    "Radio",
    "Fire",
    "Kingdom",
    "Train",
    "Ocean",
    "Lantern",
    "Machine",
    "Sparrow",
    "Storm",
    "Cathedral",
];
static PHRASES: &[&str] = &[
    "Don't Look Back",
    "Ain't Nobody Home",
    "Stay, Stay, Stay",
    "Hello, Goodbye Again",
    "Rock 'n' Roll Tonight",
    "What's Left of You?",
    "I Can't Wait",
    "Take Me Home, Driver",
    "You & Me",
    "Run!",
];
static FOREIGN: &[&str] = &[
    "Canção do Mar",
    "Águas de Março, Não",
    "Für Immer",
    "Le Café de l'Été",
    "Corazón de Cristal",
    "Übermorgen",
    "Saudade",
    "Año Nuevo",
    "Größenwahn",
    "Déjà Vu",
    "Noche, Luna y Mañana",
    "Żółty Księżyc",
    "Ночной поезд",
    "桜の歌",
];
static SUFFIXES: &[&str] =
    &[" (Live)", " [Remastered]", " (Acoustic)", ", Pt. 2", " - Unplugged", " (feat. DJ \"Nova\")", " (Demo)", " II"];
static WORKS: &[&str] = &[
    "Symphony No. % in D Minor, Op. %#",
    "Sonata for Piano No. %, \"Moonrise\": II. Adagio",
    "Concerto for 2 Violins, BWV 10##: I. Vivace",
    "Requiem, K. 6##: Lacrimosa",
    "Suite No. % for Cello: Prélude",
];

/// Appends the name of an artist of this genre (an index into [`GENRES`]).
pub(crate) fn write_artist(out: &mut String, genre: usize, rng: &mut Rng) {
    let names = rng.pick(&[&people::ENGLISH, &people::PORTUGUESE, &people::FRENCH, &people::GERMAN, &people::SPANISH]);
    let (first, last) = names.draw(rng);
    let (adjective, noun) = (rng.pick(ADJECTIVES), rng.pick(NOUNS));
    let classical = genre >= 23;
    let _ = match rng.below(10) {
        _ if classical && rng.percent(50) => write!(out, "{noun} Chamber Orchestra, {first} {last}"),
        0..=2 => write!(out, "{first} {last}"),
        3 | 4 => write!(out, "The {adjective} {noun}s"),
        5 | 6 => write!(out, "{adjective} {noun}"),
        7 => write!(out, "{first} {last} & The {noun}s"),
        8 => write!(out, "{noun}/{}", rng.pick(NOUNS)),
        _ => write!(out, "{last}, {}", rng.pick(people_last_names())),
    };
}

fn people_last_names() -> &'static [&'static str] {
    &["Hart & Wolfe", "Silva e Souza", "Lindqvist & Co.", "Moreau", "King"]
}

/// Appends the title of an album or a track of this genre (an index into [`GENRES`]).
pub(crate) fn write_title(out: &mut String, genre: usize, rng: &mut Rng) {
    if genre >= 23 && rng.percent(70) {
        return write_work(out, rng);
    }
    let (adjective, noun) = (rng.pick(ADJECTIVES), rng.pick(NOUNS));
    let _ = match rng.below(20) {
        0..=5 => write!(out, "{adjective} {noun}"),
        6..=8 => write!(out, "{noun} of the {adjective} {}", rng.pick(NOUNS)),
        9 | 10 => write!(out, "The {noun}"),
        11 => write!(out, "\"{adjective}\" {noun}"),
        12 | 13 => write!(out, "{}", rng.pick(PHRASES)),
        14 => write!(out, "{noun}, {} & {}", rng.pick(NOUNS), rng.pick(NOUNS)),
        15 => write!(out, "{}'s {noun}", rng.pick(&["Angel", "Devil", "Mother", "Nobody"])),
        16 | 17 => write!(out, "{}", rng.pick(FOREIGN)),
        18 => write!(out, "{adjective}, {} {noun}", rng.pick(ADJECTIVES)),
        _ => write!(out, "{noun} #{}", rng.between(1, 99)),
    };
    if rng.percent(12) {
        out.push_str(rng.pick(SUFFIXES));
    }
}

fn write_work(out: &mut String, rng: &mut Rng) {
    for symbol in rng.pick(WORKS).chars() {
        let _ = match symbol {
            '%' => write!(out, "{}", rng.between(1, 9)),
            '#' => write!(out, "{}", rng.below(10)),
            other => write!(out, "{other}"),
        };
    }
}

/// Appends the composers of a track; nothing for a quarter of them, as in Chinook.
pub(crate) fn write_composer(out: &mut String, rng: &mut Rng) {
    if rng.percent(28) {
        return;
    }
    let separator = rng.pick(&[", ", "/", " & ", " - "]);
    for number in 0..rng.between(1, 3) {
        if number > 0 {
            out.push_str(separator);
        }
        let names =
            rng.pick(&[&people::ENGLISH, &people::ENGLISH, &people::PORTUGUESE, &people::FRENCH, &people::NORDIC]);
        let (first, last) = names.draw(rng);
        let _ = match (rng.below(4), first.chars().next()) {
            (0, Some(initial)) => write!(out, "{initial}. {last}"),
            _ => write!(out, "{first} {last}"),
        };
    }
}
