//! The catalog of music: artists, albums, genres, media types, tracks, playlists.

use crate::{
    Result, Run,
    dirt::{Defects, Dirt},
    rng::Rng,
    row::{Cents, Row},
    sampling::{Quota, Zipf},
    table_writer::{TableSpec, TableWriter},
    vocabulary::{self, GENRES, MEDIA_TYPES, PLAYLISTS, Pool},
};

/// What sales need to know of the tracks.
pub(crate) struct Catalog {
    /// Price of each track, in cents, by id - 1.
    pub(crate) prices: Vec<u8>,
}

/// Price of a song, in cents.
const AUDIO_CENTS: u8 = 99;
/// Price of a video, in cents.
const VIDEO_CENTS: u8 = 199;

static GENRE: TableSpec = TableSpec { name: "Genre", header: "GenreId,Name", defects: CLEAN };
static MEDIA_TYPE: TableSpec = TableSpec { name: "MediaType", header: "MediaTypeId,Name", defects: CLEAN };
static PLAYLIST: TableSpec = TableSpec { name: "Playlist", header: "PlaylistId,Name", defects: CLEAN };
static ARTIST: TableSpec = TableSpec { name: "Artist", header: "ArtistId,Name", defects: NAMES };
static ALBUM: TableSpec = TableSpec { name: "Album", header: "AlbumId,Title,ArtistId", defects: NAMES };
static TRACK: TableSpec = TableSpec {
    name: "Track",
    header: "TrackId,Name,AlbumId,MediaTypeId,GenreId,Composer,Milliseconds,Bytes,UnitPrice",
    defects: Defects {
        share_percent: 100,
        weights: &[
            (Dirt::ExactDuplicate, 24),
            (Dirt::Redelivered, 18),
            (Dirt::StrayBlanks, 24),
            (Dirt::BadPrice, 16),
            (Dirt::OrphanKey, 6),
            (Dirt::MissingPrimaryKey, 6),
            (Dirt::MalformedRow, 6),
        ],
        foreign_keys: &[2],
        texts: &[1, 5],
        outdated: 8,
        price: 8,
        ..CLEAN
    },
};
static PLAYLIST_TRACK: TableSpec = TableSpec {
    name: "PlaylistTrack",
    header: "PlaylistId,TrackId",
    defects: Defects {
        share_percent: 25,
        weights: &[(Dirt::ExactDuplicate, 70), (Dirt::OrphanKey, 20), (Dirt::MalformedRow, 10)],
        foreign_keys: &[1],
        ..CLEAN
    },
};

/// Nothing is ever wrong.
pub(crate) const CLEAN: Defects = Defects {
    share_percent: 0,
    weights: &[],
    foreign_keys: &[],
    texts: &[],
    outdated: 0,
    price: 0,
    quantity: 0,
    date: 0,
    country: 0,
    state: 0,
    postal_code: 0,
    email: 0,
};

/// Little is wrong with lists of names.
const NAMES: Defects = Defects {
    share_percent: 25,
    weights: &[(Dirt::ExactDuplicate, 40), (Dirt::StrayBlanks, 60)],
    texts: &[1],
    ..CLEAN
};

/// Writes the tables of the catalog.
pub(crate) fn generate(run: &mut Run) -> Result<Catalog> {
    run.table(&GENRE, |out| names(out, GENRES.iter().map(|(name, _)| *name)))?;
    run.table(&MEDIA_TYPE, |out| names(out, MEDIA_TYPES.iter().copied()))?;
    let genres = artists(run)?;
    let album_genres = albums(run, &genres)?;
    let catalog = tracks(run, &album_genres)?;
    run.table(&PLAYLIST, |out| names(out, PLAYLISTS.iter().map(|(name, ..)| *name)))?;
    playlist_tracks(run, &catalog)?;
    Ok(catalog)
}

fn names<'n>(out: &mut TableWriter, names: impl Iterator<Item = &'n str>) -> Result<()> {
    let mut row = Row::default();
    for (index, name) in names.enumerate() {
        row.clear();
        row.push(index + 1);
        row.push(name);
        out.write(&row)?;
    }
    Ok(())
}

/// Writes the artists; returns the genre of each, an index into [`GENRES`].
fn artists(run: &mut Run) -> Result<Vec<u8>> {
    let mut rng = run.rng("artist", 0);
    let count = run.counts.artists;
    run.table(&ARTIST, |out| {
        let mut row = Row::default();
        let mut genres = Vec::new();
        for id in 1..=count {
            let genre = rng.weighted(GENRES.iter().map(|(_, weight)| *weight));
            row.clear();
            row.push(id);
            row.push_with(|name| vocabulary::write_artist(name, genre, &mut rng));
            out.write(&row)?;
            genres.push(genre as u8);
        }
        Ok(genres)
    })
}

/// Writes the albums; returns the genre of each. Three artists of four have one at least, few have many.
fn albums(run: &mut Run, artist_genres: &[u8]) -> Result<Vec<u8>> {
    let mut rng = run.rng("album", 0);
    let count = run.counts.albums;
    let artists = artist_genres.len() as u64;
    let popularity = Zipf::new(artists);
    run.table(&ALBUM, |out| {
        let mut row = Row::default();
        let mut genres = Vec::new();
        for id in 1..=count {
            let first_album = id <= (artists * 3).div_ceil(4);
            let artist = if first_album { id as usize - 1 } else { popularity.draw(&mut rng) };
            let genre = artist_genres[artist];
            row.clear();
            row.push(id);
            row.push_with(|title| vocabulary::write_title(title, genre.into(), &mut rng));
            row.push(artist + 1);
            out.write(&row)?;
            genres.push(genre);
        }
        Ok(genres)
    })
}

/// Sizes of albums.
static ALBUM_TRACKS: &[u64] = &[1, 2, 5, 8, 9, 10, 10, 11, 11, 12, 12, 13, 14, 15, 18];

fn tracks(run: &mut Run, album_genres: &[u8]) -> Result<Catalog> {
    let mut rng = run.rng("track", 0);
    let count = run.counts.tracks;
    let mut sizes = Quota::new(count, album_genres.len() as u64, ALBUM_TRACKS);
    run.table(&TRACK, |out| {
        let mut row = Row::default();
        let mut prices = Vec::with_capacity(count as usize);
        for (album, &genre) in album_genres.iter().enumerate() {
            for _ in 0..sizes.next(&mut rng) {
                let id = prices.len() + 1;
                prices.push(track(&mut row, id, album + 1, genre, &mut rng));
                out.write(&row)?;
            }
        }
        Ok(Catalog { prices })
    })
}

/// Makes the row of a track; returns its price.
fn track(row: &mut Row, id: usize, album: usize, genre: u8, rng: &mut Rng) -> u8 {
    let video = (17..=21).contains(&genre);
    let media_type = match rng.below(100) {
        _ if video => 3,
        0..=6 => 2,
        7 => rng.between(4, 5),
        _ => 1,
    };
    let milliseconds = if video { rng.between(1_200_000, 3_000_000) } else { rng.between(120_000, 420_000) };
    let bytes = milliseconds * if video { rng.between(170, 210) } else { rng.between(30, 36) };
    let price = if video { VIDEO_CENTS } else { AUDIO_CENTS };
    row.clear();
    row.push(id);
    row.push_with(|title| vocabulary::write_title(title, genre.into(), rng));
    row.push(album);
    row.push(media_type);
    row.push(genre + 1);
    row.push_with(|composer| {
        if !video {
            vocabulary::write_composer(composer, rng)
        }
    });
    row.push(milliseconds);
    row.push(bytes);
    row.push(Cents(price.into()));
    price
}

fn playlist_tracks(run: &mut Run, catalog: &Catalog) -> Result<()> {
    let in_pool = |pool, price| (price == VIDEO_CENTS) == (pool == Pool::Video);
    let pool_size = |pool| catalog.prices.iter().filter(|&&price| in_pool(pool, price)).count() as u64;
    let pools = [(Pool::Audio, pool_size(Pool::Audio)), (Pool::Video, pool_size(Pool::Video))];
    let capacity = |pool| pools.iter().find(|(p, _)| *p == pool).map_or(0, |(_, size)| *size);
    let sizes = playlist_sizes(run.counts.playlist_tracks, capacity);
    let mut rng = run.rng("playlist", 0);
    run.table(&PLAYLIST_TRACK, |out| {
        let mut row = Row::default();
        for (index, (&(_, pool, _), size)) in PLAYLISTS.iter().zip(sizes).enumerate() {
            // Selection sampling: every set of `size` tracks is equally likely, in one pass, with no memory.
            let (mut wanted, mut left) = (size, capacity(pool));
            for (track, &price) in catalog.prices.iter().enumerate() {
                if !in_pool(pool, price) {
                    continue;
                }
                if rng.below(left) < wanted {
                    wanted -= 1;
                    row.clear();
                    row.push(index + 1);
                    row.push(track + 1);
                    out.write(&row)?;
                }
                left -= 1;
            }
        }
        Ok(())
    })
}

/// Splits the total over the playlists as Chinook has it, as far as the pools hold enough tracks.
fn playlist_sizes(total: u64, capacity: impl Fn(Pool) -> u64) -> Vec<u64> {
    let chinook: u64 = PLAYLISTS.iter().map(|(.., size)| size).sum();
    let mut sizes: Vec<u64> =
        PLAYLISTS.iter().map(|&(_, pool, size)| (size * total / chinook).min(capacity(pool))).collect();
    let mut missing = total - sizes.iter().sum::<u64>();
    for (size, &(_, pool, share)) in sizes.iter_mut().zip(PLAYLISTS) {
        let more = missing.min(if share > 0 { capacity(pool) - *size } else { 0 });
        *size += more;
        missing -= more;
    }
    sizes
}
