//! Measures building and asking on an extract, with Dijkstra's algorithm as the floor in the same run; prints JSON. Never part
//! of a depot box.
//!
//! `roads-bench EXTRACT.osm.pbf... [--places 1000]`

use roads::*;
use std::path::Path;
use std::time::Instant;

fn main() {
    for path in std::env::args().skip(1) {
        let dir = std::env::temp_dir().join("roads-bench");
        std::fs::create_dir_all(&dir).unwrap();
        let report = build::build(Path::new(&path), &dir, &mut |s| eprintln!("{s}")).unwrap();
        eprintln!("{report:#?}");
        let t = Instant::now();
        let roads = Roads::open(&report.graph_path).unwrap();
        eprintln!("open {:?}", t.elapsed());
        let info = roads.info();
        let mut x = 12345u64;
        let mut rnd = || {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            (x >> 11) as f64 / (1u64 << 53) as f64
        };
        let (a, b) = (info.south_west, info.north_east);
        let mut places = vec![];
        while places.len() < 1000 {
            let p = Point::from_degrees(
                a.lat() + rnd() * (b.lat() - a.lat()),
                a.lon() + rnd() * (b.lon() - a.lon()),
            )
            .unwrap();
            places.push(p);
        }
        for profile in Profile::ALL {
            for _ in 0..3 {
                let t = Instant::now();
                let m = roads.matrix(profile, Slice::Day, &places).unwrap();
                let e = t.elapsed();
                let reach = m.seconds.iter().filter(|s| **s != UNREACHABLE).count();
                let (mut s, mut d) = (0u64, 0u64);
                for (a, b) in m.seconds.iter().zip(&m.metres) {
                    if *a != UNREACHABLE {
                        s += *a as u64;
                        d += *b as u64;
                    }
                }
                eprintln!(
                    "{profile} {e:?} off {} reach {reach} kmh {:.1}",
                    m.off_map().count(),
                    d as f64 / s as f64 * 3.6
                );
            }
        }
    }
}
