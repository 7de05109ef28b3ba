//! The fields of an event that are read, and how a key is known as one of them.

/// Declares them, each with the object that it stands in and its key. At most sixty-two, and keys of at most
/// [`KEY_BYTES_MAX`] bytes; the compiler refuses more.
macro_rules! fields {
    ($($(#[doc = $doc:literal])* $name:ident = $object:ident / $key:literal,)*) => {
        /// A field of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Field {
            /// One that is not read.
            Other,
            /// What stands in an array: nothing of it is read.
            Item,
            /// The event itself.
            Event,
            $($(#[doc = $doc])* $name,)*
        }

        const FIELDS: [Field; Field::COUNT] = [Field::Other, Field::Item, Field::Event, $(Field::$name),*];
        const KEYS: [Key; Field::COUNT] =
            [Key::NONE, Key::NONE, Key::NONE, $(Key::of(Field::$object, $key)),*];

        impl Field {
            /// How many there are.
            pub(super) const COUNT: usize = [Self::Other, Self::Item, Self::Event, $(Self::$name),*].len();
        }
    };
}

fields! {
    Timestamp = Event / "@timestamp",
    Metadata = Event / "@metadata",
    MetadataBeat = Metadata / "beat",
    Agent = Event / "agent",
    AgentId = Agent / "id",
    AgentType = Agent / "type",
    /// 6 and older.
    Beat = Event / "beat",
    BeatHostname = Beat / "hostname",
    BeatName = Beat / "name",
    Message = Event / "message",
    Log = Event / "log",
    LogOffset = Log / "offset",
    LogFile = Log / "file",
    LogFilePath = LogFile / "path",
    LogFileFingerprint = LogFile / "fingerprint",
    LogFileDevice = LogFile / "device_id",
    LogFileInode = LogFile / "inode",
    /// The path, in 6 and older; ECS has an object of this name.
    Source = Event / "source",
    /// In 6 and older, and in a frame of pairs.
    Offset = Event / "offset",
    EventKind = Event / "event",
    EventDataset = EventKind / "dataset",
    Metricset = Event / "metricset",
    MetricsetModule = Metricset / "module",
    MetricsetName = Metricset / "name",
    /// The message, in a frame of pairs.
    Line = Event / "line",
    /// The path, in a frame of pairs.
    File = Event / "file",
    /// The sender, in a frame of pairs; ECS has an object of this name.
    Host = Event / "host",
    /// What Metricbeat's module of this name measures: one part an event, by its data set.
    System = Event / "system",
    Cpu = System / "cpu",
    CpuCores = Cpu / "cores",
    /// A share: `pct` is 1.0 for one whole core here and for the whole elsewhere; `norm` is over all cores.
    CpuTotal = Cpu / "total",
    CpuTotalPct = CpuTotal / "pct",
    CpuTotalNorm = CpuTotal / "norm",
    CpuTotalNormPct = CpuTotalNorm / "pct",
    CpuIdle = Cpu / "idle",
    CpuIdlePct = CpuIdle / "pct",
    CpuIdleNorm = CpuIdle / "norm",
    CpuIdleNormPct = CpuIdleNorm / "pct",
    Load = System / "load",
    LoadOneMinute = Load / "1",
    Memory = System / "memory",
    MemoryTotal = Memory / "total",
    MemoryUsed = Memory / "used",
    MemoryUsedPct = MemoryUsed / "pct",
    /// Without what the system would give back at once.
    MemoryActual = Memory / "actual",
    MemoryActualUsed = MemoryActual / "used",
    MemoryActualUsedPct = MemoryActualUsed / "pct",
    Filesystem = System / "filesystem",
    FilesystemMountPoint = Filesystem / "mount_point",
    FilesystemDeviceName = Filesystem / "device_name",
    /// What an ordinary user may still fill.
    FilesystemAvailable = Filesystem / "available",
    FilesystemFree = Filesystem / "free",
    FilesystemUsed = Filesystem / "used",
    FilesystemUsedPct = FilesystemUsed / "pct",
    Fsstat = System / "fsstat",
    FsstatTotalFiles = Fsstat / "total_files",
    Network = System / "network",
    NetworkName = Network / "name",
}

impl Field {
    /// A bit of its own.
    #[inline]
    pub(super) fn bit(self) -> u64 {
        1 << self as u8
    }

    /// Whether what is read of it are the fields in it.
    pub(super) fn is_object(self) -> bool {
        OBJECTS & self.bit() != 0
    }

    /// The field with this key in this object. The key is the first so many of the bytes.
    #[inline]
    pub(super) fn of(object: Self, bytes: &[u8; KEY_BYTES_MAX], length: usize) -> Self {
        let Some(mask) = MASKS.get(length) else { return Self::Other };
        let words = words(bytes);
        let key = Key { object, words: [words[0] & mask[0], words[1] & mask[1]] };
        let field = TABLE[key.slot(FACTOR)];
        let its_key = KEYS[field as usize];
        // Not by a branch: which key comes next is nothing that a processor could guess.
        let same = (its_key.object as u8 == object as u8)
            & (its_key.words[0] == key.words[0])
            & (its_key.words[1] == key.words[1]);
        KNOWN[usize::from(same)][field as usize]
    }
}

/// Bytes of the longest key that is read, and a power of two.
pub(super) const KEY_BYTES_MAX: usize = 16;

/// A key in an object, as numbers that are compared at once.
#[derive(Clone, Copy)]
struct Key {
    object: Field,
    /// Its bytes, and zeros: no key that is read has one.
    words: [u64; 2],
}

impl Key {
    /// What is no key of anything.
    const NONE: Self = Self { object: Field::Other, words: [0; 2] };

    const fn of(object: Field, key: &str) -> Self {
        let mut bytes = [0; KEY_BYTES_MAX];
        let (begin, _) = bytes.split_at_mut(key.len());
        begin.copy_from_slice(key.as_bytes());
        Self { object, words: words(&bytes) }
    }

    /// Its slot in the table, by multiplication.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "only as many bits are left as slots need")]
    const fn slot(&self, factor: u64) -> usize {
        let mixed = self.words[0] ^ self.words[1].rotate_left(29) ^ self.object as u64;
        (mixed.wrapping_mul(factor) >> (u64::BITS - SLOTS.ilog2())) as usize
    }
}

#[inline]
const fn words(bytes: &[u8; KEY_BYTES_MAX]) -> [u64; 2] {
    let ([low, high], []) = bytes.as_chunks() else { return [0; 2] };
    [u64::from_le_bytes(*low), u64::from_le_bytes(*high)]
}

/// What is left of the two words of a key, by its length.
const MASKS: [[u64; 2]; KEY_BYTES_MAX + 1] = {
    let mut masks = [[0; 2]; KEY_BYTES_MAX + 1];
    let mut length = 0;
    let mut bytes = [0; KEY_BYTES_MAX];
    while length < KEY_BYTES_MAX {
        bytes[length] = 0xff;
        length += 1;
        masks[length] = words(&bytes);
    }
    masks
};

/// Fields that others stand in.
const OBJECTS: u64 = {
    let (mut objects, mut at) = (0, 0);
    while at < KEYS.len() {
        objects |= 1 << KEYS[at].object as u8;
        at += 1;
    }
    objects
};

/// A field where its key was not the same, and where it was.
static KNOWN: [[Field; Field::COUNT]; 2] = [[Field::Other; Field::COUNT], FIELDS];

/// So many that a factor is soon found by which each key has a slot of its own.
const SLOTS: usize = 512;

/// Which field has which slot: no two have the same, so that one look says what a key is, whatever came before it.
static TABLE: [Field; SLOTS] = match table(FACTOR) {
    Some(table) => table,
    None => [Field::Other; SLOTS],
};

const FACTOR: u64 = {
    let mut factor = 0x9e37_79b9_7f4a_7c15_u64;
    while table(factor).is_none() {
        factor = factor.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(2);
    }
    factor
};

const fn table(factor: u64) -> Option<[Field; SLOTS]> {
    let mut table = [Field::Other; SLOTS];
    let mut at = 0;
    while at < KEYS.len() {
        let (field, key) = (FIELDS[at], KEYS[at]);
        at += 1;
        if key.object as u8 == Field::Other as u8 {
            continue;
        }
        let slot = key.slot(factor);
        if table[slot] as u8 != Field::Other as u8 {
            return None;
        }
        table[slot] = field;
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_in_its_own_object_only() {
        for (field, key) in FIELDS.into_iter().zip(KEYS).filter(|(_, key)| key.words != [0; 2]) {
            let bytes: [u8; KEY_BYTES_MAX] = key.words.map(u64::to_le_bytes).concat().try_into().unwrap();
            let length = bytes.iter().take_while(|byte| **byte != 0).count();
            for object in FIELDS {
                let known = Field::of(object, &bytes, length);
                let also = FIELDS
                    .into_iter()
                    .zip(KEYS)
                    .find(|(_, other)| other.object == object && other.words == key.words);
                assert_eq!(known, also.map_or(Field::Other, |(other, _)| other), "{field:?} in {object:?}");
            }
            for other in [length - 1, length + 1, KEY_BYTES_MAX, KEY_BYTES_MAX + 1] {
                let mut longer = bytes;
                longer.get_mut(length..).unwrap().fill(b'x');
                assert_eq!(Field::of(key.object, &longer, other), Field::Other, "{field:?}, {other} bytes");
            }
        }
    }
}
