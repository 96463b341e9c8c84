#pragma once

namespace bazar::robustness {

/// The name under which `register_lossy_vfs` makes the file system known to SQLite.
inline constexpr const char* lossy_vfs_name = "lossy";

/// An SQLite file system whose files keep what is written in the process's memory until they are synced, as a
/// disk's cache does: when the process is killed, every write since a file's last sync is lost. All
/// connections of the process see the writes meanwhile. Locks and the shared memory of the write-ahead log
/// are those of the system's own file system below. One process at a time may have a file open through it.
void register_lossy_vfs();

}  // namespace bazar::robustness
