//! Tests of `folder`.

use std::collections::BTreeSet;

use super::*;

async fn everything(folder: &Folder, prefix: &str) -> (Vec<String>, Vec<String>) {
    let mut keys = Vec::new();
    let mut troubles = Vec::new();
    let mut token = None;
    loop {
        let page = folder.list(prefix, false, token).await.unwrap();
        assert!(page.objects.len() <= 1000);
        keys.extend(page.objects.into_iter().map(|o| o.key));
        troubles.extend(page.troubles.into_iter().map(|t| t.key));
        match page.next {
            None => return (keys, troubles),
            next => token = next,
        }
    }
}

fn write(root: &Path, key: &str, body: &[u8]) {
    let path = root.join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, body).unwrap();
}

#[tokio::test]
async fn keys_come_in_the_order_in_which_s3_lists_them() {
    let dir = tempfile::tempdir().unwrap();
    let keys = [
        "events/a-b/1",
        "events/a/1",
        "events/a/b/c",
        "events/a.parquet",
        "events/b",
        "metrics/x",
    ];
    for key in keys {
        write(dir.path(), key, b"x");
    }
    let folder = Folder::open(dir.path()).unwrap();
    let (listed, _) = everything(&folder, "events/").await;
    let sorted: BTreeSet<String> = keys
        .iter()
        .filter(|k| k.starts_with("events/"))
        .map(|k| (*k).to_owned())
        .collect();
    assert_eq!(listed, sorted.into_iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn no_key_is_lost_or_doubled_between_pages() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..2300 {
        write(dir.path(), &format!("events/{:02}/{n}", n % 7), b"");
    }
    let folder = Folder::open(dir.path()).unwrap();
    let (listed, _) = everything(&folder, "events/").await;
    assert_eq!(listed.len(), 2300);
    assert!(listed.is_sorted());
    // A page asked for anew, without the state of the one before, is the same.
    let first = folder.list("events/", false, None).await.unwrap();
    let fresh = Folder::open(dir.path()).unwrap();
    let second = fresh.list("events/", false, first.next).await.unwrap();
    assert_eq!(second.objects.first().map(|o| &o.key), listed.get(1000));
}

#[tokio::test]
async fn a_folder_that_is_a_file_holds_nothing_and_its_root_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "events", b"not a folder");
    fs::create_dir(dir.path().join("empty")).unwrap();
    write(dir.path(), "metrics/2022-06-22/a.parquet", b"x");
    let folder = Folder::open(dir.path()).unwrap();
    assert!(everything(&folder, "events/").await.0.is_empty());
    let root = folder.list("", true, None).await.unwrap();
    assert_eq!(root.objects.len(), 1);
    assert_eq!(root.folders, ["metrics/"], "S3 knows no empty folders");
    assert!(Folder::open(&dir.path().join("events")).is_err());
    assert!(Folder::open(&dir.path().join("nowhere")).is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn circles_of_links_and_sockets_end_the_listing_and_are_told() {
    use std::os::unix::{fs::symlink, net::UnixListener};
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "events/d/a.parquet", b"x");
    symlink(dir.path(), dir.path().join("events/d/up")).unwrap();
    symlink("nowhere", dir.path().join("events/gone.parquet")).unwrap();
    symlink(
        dir.path().join("events/d/a.parquet"),
        dir.path().join("events/link.parquet"),
    )
    .unwrap();
    let _socket = UnixListener::bind(dir.path().join("events/socket")).unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    let (keys, troubles) = everything(&folder, "events/").await;
    assert_eq!(keys, ["events/d/a.parquet", "events/link.parquet"]);
    assert_eq!(troubles, ["events/d/up/", "events/gone.parquet", "events/socket"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_name_that_is_not_utf8_is_listed_and_read() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("events")).unwrap();
    let name = std::ffi::OsStr::from_bytes(b"a\xff.parquet");
    fs::write(dir.path().join("events").join(name), b"body").unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    let page = folder.list("events/", false, None).await.unwrap();
    assert_eq!(page.objects[0].key, "events/a\\xff.parquet");
    assert_eq!(folder.get_tail(&page.objects[0], 2).await.unwrap(), "dy");
}

#[tokio::test]
async fn a_file_that_changes_after_it_was_listed_is_not_read_as_what_it_was() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "events/a", b"0123456789");
    let folder = Folder::open(dir.path()).unwrap();
    let page = folder.list("events/", false, None).await.unwrap();
    let object = &page.objects[0];
    assert_eq!(folder.get_range(object, 2..5).await.unwrap(), "234");
    assert_eq!(folder.get_tail(object, 99).await.unwrap(), "0123456789");
    write(dir.path(), "events/a", b"0123");
    let kind = folder.get_range(object, 2..5).await.unwrap_err().kind;
    assert_eq!(kind, ProblemKind::Changed);
    fs::remove_file(dir.path().join("events/a")).unwrap();
    let kind = folder.get_range(object, 2..5).await.unwrap_err().kind;
    assert_eq!(kind, ProblemKind::NotFound);
}

#[tokio::test]
async fn of_many_signals_written_at_once_one_wins_and_none_is_half_there() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    let puts = (0..16u8).map(|n| {
        let folder = folder.clone();
        async move {
            folder
                .put_if_absent("signals/2022-06-22/s.parquet", vec![n; 4096].into())
                .await
        }
    });
    let puts = futures_util::future::join_all(puts).await;
    let written = puts.iter().filter(|p| matches!(p, Ok(Put::Written))).count();
    assert_eq!(written, 1);
    assert!(puts.iter().all(Result::is_ok));
    let body = fs::read(dir.path().join("signals/2022-06-22/s.parquet")).unwrap();
    assert!(body.len() == 4096 && body.iter().all(|b| b == &body[0]));
    let left = fs::read_dir(dir.path().join("signals/2022-06-22"))
        .unwrap()
        .count();
    assert_eq!(left, 1, "no temporary file stays behind");
    assert!(folder.put_if_absent("../escape", Bytes::new()).await.is_err());
}
