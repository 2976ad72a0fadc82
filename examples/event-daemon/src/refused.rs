//! Why an event was not accepted.

use std::borrow::Cow;
use std::fmt;
use std::io;

use perf_load::Class;

/// Why an event was not accepted. All but [`Poison`](Self::Poison) may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is damaged, and will be however often it comes.
    Poison,
    /// Its target has as many events waiting as it may have.
    Busy,
    /// The journal has no room on its disk.
    StorageFull,
    /// The coordinator is not there, or went away before it answered.
    Disconnected,
}

impl Refused {
    /// What stands for it on the wire; zero is an acknowledgement.
    pub(crate) const ALL: [Self; 4] = [Self::Poison, Self::Busy, Self::StorageFull, Self::Disconnected];

    /// The byte of an answer.
    pub(crate) fn byte(answer: Result<(), Self>) -> u8 {
        answer
            .err()
            .and_then(|why| Self::ALL.iter().position(|one| *one == why))
            .map_or(0, |at| u8::try_from(at + 1).unwrap_or(u8::MAX))
    }

    /// The answer of a byte; what is not known is no acknowledgement.
    pub(crate) fn of(byte: u8) -> Result<(), Self> {
        match byte {
            0 => Ok(()),
            byte => Err(Self::ALL.get(usize::from(byte) - 1).copied().unwrap_or(Self::Disconnected)),
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Poison => "poison event",
            Self::Busy => "busy",
            Self::StorageFull => "storage full",
            Self::Disconnected => "disconnected",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl std::error::Error for Refused {}

impl Class for Refused {
    fn class(&self) -> Cow<'static, str> {
        self.words().into()
    }
}

impl From<io::Error> for Refused {
    fn from(_: io::Error) -> Self {
        Self::Disconnected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_cross_the_wire() {
        assert_eq!(Refused::of(Refused::byte(Ok(()))), Ok(()));
        for why in Refused::ALL {
            assert_eq!(Refused::of(Refused::byte(Err(why))), Err(why));
        }
        assert_eq!(Refused::of(99), Err(Refused::Disconnected));
    }
}
