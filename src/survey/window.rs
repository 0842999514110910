//! One column chunk's bytes, a window at a time: what lets a column of any length be decoded in little memory.

use std::{
    io::{self, Read},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Bytes, BytesMut};
use parquet::{
    basic::Compression,
    errors::ParquetError,
    file::reader::{ChunkReader, Length},
};
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::objects::{Access, Objects};
use crate::{
    report::{Problem, ProblemKind},
    rule::Next,
    store::ObjectMeta,
};

/// Bytes fetched at a time.
pub(super) const WINDOW: u64 = 1 << 20;
/// The largest page that is decoded; no known writer makes any near it.
const MAX_PAGE: u64 = 256 << 20;

/// Bytes taken at a time for a page's header, which is seldom longer.
const HEADER: u64 = 256;

/// Bytes that are being fetched in the background.
type Ahead = JoinHandle<Result<Bytes, Problem>>;

/// A file whose rows are being read, from a thread that may wait.
#[derive(Clone)]
pub(super) struct FileSource {
    inner: Arc<Source>,
}

struct Source {
    access: Access,
    objects: Arc<Objects>,
    index: usize,
    object: ObjectMeta,
    runtime: Handle,
    cancel: CancellationToken,
    /// Why a read failed, when it was not the file's fault.
    problem: Mutex<Option<Problem>>,
}

impl FileSource {
    pub fn new(
        access: Access,
        objects: Arc<Objects>,
        index: usize,
        runtime: Handle,
        cancel: CancellationToken,
    ) -> Option<Self> {
        let object = objects.meta(index)?;
        Some(Self {
            inner: Arc::new(Source {
                access,
                objects,
                index,
                object,
                runtime,
                cancel,
                problem: Mutex::default(),
            }),
        })
    }

    pub fn size(&self) -> u64 {
        self.inner.object.size
    }

    /// The problem that made a read fail, if any did.
    pub fn problem(&self) -> Option<Problem> {
        lock(&self.inner.problem).take()
    }

    /// Bytes of the file; waits for them.
    pub fn fetch(&self, range: Range<u64>) -> Result<Bytes, ParquetError> {
        let inner = &self.inner;
        let read = match inner
            .objects
            .read_now(&inner.access, &inner.object, range.clone())
        {
            Some(read) => read,
            None => inner.runtime.block_on(Arc::clone(inner).read(range)),
        };
        self.kept(read)
    }

    /// Fetches in the background; `None` where reading does not wait anyway.
    fn ahead(&self, range: Range<u64>) -> Option<Ahead> {
        let inner = &self.inner;
        (!inner.access.reader.is_local()).then(|| inner.runtime.spawn(Arc::clone(inner).read(range)))
    }

    fn join(&self, ahead: Ahead) -> Result<Bytes, ParquetError> {
        let read = self
            .inner
            .runtime
            .block_on(ahead)
            .unwrap_or_else(|_| Err(cancelled()));
        self.kept(read)
    }

    fn kept(&self, read: Result<Bytes, Problem>) -> Result<Bytes, ParquetError> {
        read.map_err(|problem| {
            let error = ParquetError::External(Box::new(problem.clone()));
            lock(&self.inner.problem).get_or_insert(problem);
            error
        })
    }
}

impl Source {
    async fn read(self: Arc<Self>, range: Range<u64>) -> Result<Bytes, Problem> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(cancelled()),
            read = self.objects.read(&self.access, self.index, &self.object, range) => read,
        }
    }
}

fn cancelled() -> Problem {
    Problem::new(
        ProblemKind::Cancelled,
        "reading was cancelled",
        "the run ended",
        Next::default(),
    )
}

/// A column chunk's bytes, for parquet's page reader.
pub(super) struct Cursor {
    source: FileSource,
    /// The chunk's place in the file.
    chunk: Range<u64>,
    codec: Compression,
    /// Whether the bytes that follow will be wanted too.
    reads_on: bool,
    window: Mutex<Window>,
}

#[derive(Default)]
struct Window {
    start: u64,
    bytes: Bytes,
    ahead: Option<(Range<u64>, Ahead)>,
}

impl Window {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    fn slice(&self, range: &Range<u64>) -> Option<Bytes> {
        let from = usize::try_from(range.start.checked_sub(self.start)?).ok()?;
        let to = usize::try_from(range.end.checked_sub(self.start)?).ok()?;
        (from <= to && to <= self.bytes.len()).then(|| self.bytes.slice(from..to))
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if let Some((_, ahead)) = self.ahead.take() {
            ahead.abort();
        }
    }
}

impl Cursor {
    /// A cursor over a chunk. `loaded` are bytes of the file that are here already, and where they begin.
    pub fn new(
        source: FileSource,
        chunk: Range<u64>,
        codec: Compression,
        reads_on: bool,
        loaded: Option<(u64, Bytes)>,
    ) -> Self {
        let (start, bytes) = loaded.unwrap_or((chunk.start, Bytes::new()));
        Self {
            source,
            chunk,
            codec,
            reads_on,
            window: Mutex::new(Window {
                start,
                bytes,
                ahead: None,
            }),
        }
    }

    /// Bytes of the chunk, moving the window on.
    fn get(&self, range: Range<u64>) -> Result<Bytes, ParquetError> {
        if range.start < self.chunk.start || range.end > self.chunk.end {
            return Err(ParquetError::EOF("a page reaches beyond its column chunk".into()));
        }
        let mut window = lock(&self.window);
        loop {
            if let Some(bytes) = window.slice(&range) {
                return Ok(bytes);
            }
            // Bytes that are here and still wanted stay; the rest is fetched after them.
            let keep = window
                .slice(&(range.start..window.end()))
                .filter(|kept| !kept.is_empty());
            let from = keep
                .as_ref()
                .map_or(range.start, |kept| range.start + kept.len() as u64);
            let fetched = match window.ahead.take() {
                Some((at, ahead)) if at.start == from => self.source.join(ahead)?,
                other => {
                    if let Some((_, ahead)) = other {
                        ahead.abort();
                    }
                    let to = range.end.max(from.saturating_add(WINDOW)).min(self.chunk.end);
                    self.source.fetch(from..to)?
                }
            };
            if fetched.is_empty() {
                return Err(ParquetError::EOF("the column chunk ends early".into()));
            }
            window.bytes = match keep {
                Some(kept) => {
                    let mut both = BytesMut::with_capacity(kept.len() + fetched.len());
                    both.extend_from_slice(&kept);
                    both.extend_from_slice(&fetched);
                    both.freeze()
                }
                None => fetched,
            };
            window.start = range.start;
            let next = window.end()..window.end().saturating_add(WINDOW).min(self.chunk.end);
            if self.reads_on && !next.is_empty() {
                window.ahead = self.source.ahead(next.clone()).map(|ahead| (next, ahead));
            }
        }
    }

    /// Refuses a page whose header claims sizes that cannot be, before anything is set aside for them.
    fn check_header(&self, start: u64) -> Result<(), ParquetError> {
        let end = start.saturating_add(32).min(self.chunk.end);
        let head = self.get(start..end)?;
        let refuse = |why: &str| Err(ParquetError::General(format!("a page header {why}")));
        let Some((uncompressed, compressed)) = page_sizes(&head) else {
            return refuse("is malformed");
        };
        if compressed > self.chunk.end - start {
            return refuse("claims more bytes than its column chunk has");
        }
        let most = compressed
            .saturating_mul(most_expansion(self.codec))
            .saturating_add(1024);
        if uncompressed > most {
            return refuse("claims more bytes than its compression can hold");
        }
        if uncompressed > MAX_PAGE {
            return refuse("claims a page of more than 256 MiB, which is not decoded");
        }
        Ok(())
    }
}

/// How many times larger data can get when decompressed, where the codec sets a bound.
fn most_expansion(codec: Compression) -> u64 {
    match codec {
        Compression::UNCOMPRESSED => 1,
        Compression::SNAPPY => 32,
        Compression::LZ4 | Compression::LZ4_RAW => 256,
        Compression::GZIP(_) => 1040,
        _ => u64::MAX,
    }
}

/// Uncompressed and compressed size from a page header's first bytes. In Thrift's compact protocol its first three
/// fields are 32-bit integers: type, uncompressed size, compressed size.
fn page_sizes(head: &[u8]) -> Option<(u64, u64)> {
    let mut at = 0;
    let mut field = || {
        // One field further than the last, of type i32.
        if *head.get(at)? != 0x15 {
            return None;
        }
        at += 1;
        let mut value = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = *head.get(at)?;
            at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                // Zigzag: odd numbers are negative.
                return (value & 1 == 0).then_some(value >> 1);
            }
        }
        None
    };
    let _kind = field()?;
    Some((field()?, field()?))
}

impl Length for Cursor {
    fn len(&self) -> u64 {
        self.source.size()
    }
}

/// Lets the page reader share a cursor.
pub(super) struct SharedCursor(pub Arc<Cursor>);

impl Length for SharedCursor {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl ChunkReader for SharedCursor {
    type T = CursorRead;

    fn get_read(&self, start: u64) -> Result<CursorRead, ParquetError> {
        Ok(CursorRead {
            cursor: Arc::clone(&self.0),
            at: start,
            here: None,
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.0.get(start..start.saturating_add(length as u64))
    }
}

/// Reads a page header. Parquet's page reader also makes one where it then reads nothing, so only the first byte that is
/// asked for shows that a header begins here.
pub(super) struct CursorRead {
    cursor: Arc<Cursor>,
    at: u64,
    /// Bytes taken from the cursor and not handed on yet; `None` before the first.
    here: Option<Bytes>,
}

impl Read for CursorRead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let here = match &mut self.here {
            Some(here) if !here.is_empty() => here,
            other => {
                if other.is_none() {
                    self.cursor.check_header(self.at).map_err(io::Error::other)?;
                }
                let end = self.at.saturating_add(HEADER).min(self.cursor.chunk.end);
                let bytes = if end > self.at {
                    self.cursor.get(self.at..end).map_err(io::Error::other)?
                } else {
                    Bytes::new()
                };
                self.at = end;
                other.insert(bytes)
            }
        };
        let length = here.len().min(buffer.len());
        let taken = here.split_to(length);
        if let Some(target) = buffer.get_mut(..length) {
            target.copy_from_slice(&taken);
        }
        Ok(length)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_page_header_tells_its_sizes_and_nothing_else_is_taken_for_one() {
        // DATA_PAGE, 20 bytes uncompressed, 300 compressed.
        assert_eq!(
            page_sizes(&[0x15, 0x00, 0x15, 0x28, 0x15, 0xd8, 0x04, 0x15]),
            Some((20, 300))
        );
        // Negative sizes, endless numbers, another protocol, too short.
        assert_eq!(page_sizes(&[0x15, 0x00, 0x15, 0x27, 0x15, 0x28]), None);
        assert_eq!(
            page_sizes(&[0x15, 0x00, 0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
            None
        );
        assert_eq!(page_sizes(b"PAR1PAR1"), None);
        assert_eq!(page_sizes(&[0x15, 0x00, 0x15]), None);
    }
}
