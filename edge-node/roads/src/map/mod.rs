//! The offline map: one PMTiles file of vector tiles for zooms 10 to 14, drawn from the extract that the graph is built from.
//! Knows geometry and tiles; what is shown at which zoom is decided by the build, and colours by the pages.

mod clip;
mod mvt;
mod pmtiles;
mod tile;

pub(crate) use pmtiles::{Extent, write};
pub(crate) use tile::{Feature, Geometry, Tiles};

pub(crate) const ZOOM_MIN: u8 = 10;
pub(crate) const ZOOM_MAX: u8 = 14;

/// Position on the square of the web map (EPSG:3857): 0..1 from west to east and from north to south.
pub(crate) fn mercator([lat_e7, lon_e7]: [i32; 2]) -> [f64; 2] {
    let lat = (f64::from(lat_e7) / 1e7).clamp(-85.051_128, 85.051_128).to_radians();
    let x = f64::from(lon_e7) / 3.6e9 + 0.5;
    let y = 0.5 - lat.tan().asinh() / std::f64::consts::TAU;
    [x, y]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_of_the_web_map() {
        assert_eq!(mercator([0, 0]), [0.5, 0.5]);
        let [x, y] = mercator([850_511_287, -1_800_000_000]);
        assert!(x.abs() < 1e-9 && y.abs() < 1e-6, "{x} {y}");
    }
}
