//! Classes of road, as far as speed, access and drawing tell them apart.

/// A class of OpenStreetMap's `highway` values, or a ferry. Links count as the road they lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Class {
    Motorway = 0,
    Trunk = 1,
    Primary = 2,
    Secondary = 3,
    Tertiary = 4,
    Unclassified = 5,
    Residential = 6,
    LivingStreet = 7,
    Service = 8,
    Track = 9,
    Path = 10,
    /// Footways, steps, pedestrian streets, cycleways: for nobody here unless a tag says so.
    Footway = 11,
    Ferry = 12,
}

impl Class {
    pub(crate) const ALL: [Class; 13] = [
        Class::Motorway,
        Class::Trunk,
        Class::Primary,
        Class::Secondary,
        Class::Tertiary,
        Class::Unclassified,
        Class::Residential,
        Class::LivingStreet,
        Class::Service,
        Class::Track,
        Class::Path,
        Class::Footway,
        Class::Ferry,
    ];

    /// `None`: nothing to drive on, such as a road under construction.
    pub(crate) fn of_highway(value: &str) -> Option<Class> {
        Some(match value {
            "motorway" | "motorway_link" => Class::Motorway,
            "trunk" | "trunk_link" => Class::Trunk,
            "primary" | "primary_link" => Class::Primary,
            "secondary" | "secondary_link" => Class::Secondary,
            "tertiary" | "tertiary_link" => Class::Tertiary,
            "unclassified" | "road" => Class::Unclassified,
            "residential" => Class::Residential,
            "living_street" => Class::LivingStreet,
            "service" => Class::Service,
            "track" => Class::Track,
            "path" => Class::Path,
            "footway" | "pedestrian" | "steps" | "cycleway" | "bridleway" | "corridor" => {
                Class::Footway
            }
            _ => return None,
        })
    }

    pub(crate) fn of_index(index: u8) -> Option<Class> {
        Class::ALL.get(usize::from(index)).copied()
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Roads that carry a town's traffic and stand still when it does.
    pub(crate) fn is_arterial(self) -> bool {
        self <= Class::Secondary
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_read_back() {
        for class in Class::ALL {
            assert_eq!(Class::of_index(class as u8), Some(class));
        }
        assert_eq!(Class::of_index(13), None);
        assert_eq!(Class::of_highway("construction"), None);
    }
}
