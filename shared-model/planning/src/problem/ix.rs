//! Indices that cannot be confused: each points into one vector of a draft. May hold no meaning beyond that.

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(pub u32);

            impl $name {
                /// The index as the vector takes it.
                #[must_use]
                pub fn at(self) -> usize {
                    self.0 as usize
                }

                /// # Panics
                /// When the index does not fit 32 bits, which the bounds of a draft rule out.
                #[must_use]
                pub fn of(index: usize) -> Self {
                    Self(u32::try_from(index).expect("a draft's vectors are far shorter than 2^32"))
                }
            }
        )+
    };
}

index! {
    /// Into `places`, and the row and column of every matrix.
    PlaceIx,
    /// Into `depots`.
    DepotIx,
    /// Into `vehicle_types`.
    TypeIx,
    /// Into `vehicles`.
    VehicleIx,
    /// Into `jobs`.
    JobIx,
    /// Into `profiles`.
    ProfileIx,
}
