/// Why a packet is no answer that can be read. Its sender's fault, and of no consequence but that it is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is longer than any packet may be (RFC 6762, section 17).
    #[error("the packet is too long")]
    PacketTooLong,
    /// It ends within something that it announced.
    #[error("the packet ends too early")]
    Truncated,
    /// A label begins with bits that mean nothing (RFC 1035, section 4.1.4).
    #[error("a label of an unknown kind")]
    Label,
    /// A name goes on at a place that is not before it, so that it might never end.
    #[error("a name that points forward")]
    Pointer,
    /// A name is longer than one may be.
    #[error("a name is too long")]
    NameTooLong,
    /// It announces more records than a packet has room for.
    #[error("too many records")]
    TooManyRecords,
    /// A record's length is not that of its type.
    #[error("a record of a wrong length")]
    Record,
}
