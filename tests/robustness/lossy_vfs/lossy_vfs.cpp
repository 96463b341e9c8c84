#include "tests/robustness/lossy_vfs/lossy_vfs.hpp"

#include <sqlite3.h>

#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <variant>
#include <vector>

namespace bazar::robustness {
namespace {

sqlite3_vfs& system_vfs() {
  static sqlite3_vfs* const vfs = sqlite3_vfs_find("unix");
  return *vfs;
}

/// A file as the process sees it, and what the disk has not seen of it.
class VolatileFile {
 public:
  /// Reads what the disk has.
  int load(sqlite3_file& disk) {
    sqlite3_int64 size = 0;
    if (const int error = disk.pMethods->xFileSize(&disk, &size); error != SQLITE_OK) return error;
    content_.resize(static_cast<std::size_t>(size));
    return size == 0 ? SQLITE_OK : disk.pMethods->xRead(&disk, content_.data(), static_cast<int>(size), 0);
  }

  int read(char* out, std::size_t size, std::size_t offset) {
    const std::lock_guard hold(mutex_);
    const std::size_t present = offset < content_.size() ? std::min(size, content_.size() - offset) : 0;
    std::memcpy(out, content_.data() + offset, present);
    std::memset(out + present, 0, size - present);
    return present == size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }

  void write(const char* bytes, std::size_t size, std::size_t offset) {
    const std::lock_guard hold(mutex_);
    if (content_.size() < offset + size) content_.resize(offset + size);
    std::memcpy(content_.data() + offset, bytes, size);
    unsynced_.emplace_back(Write{offset, std::string(bytes, size)});
  }

  void truncate(std::size_t size) {
    const std::lock_guard hold(mutex_);
    content_.resize(size);
    unsynced_.emplace_back(Truncate{size});
  }

  int sync(sqlite3_file& disk, int flags) {
    const std::lock_guard hold(mutex_);
    for (const Change& change : unsynced_) {
      if (const int error = apply(disk, change); error != SQLITE_OK) return error;
    }
    unsynced_.clear();
    return disk.pMethods->xSync(&disk, flags);
  }

  std::size_t size() {
    const std::lock_guard hold(mutex_);
    return content_.size();
  }

 private:
  struct Write {
    std::size_t offset;
    std::string bytes;
  };
  struct Truncate {
    std::size_t size;
  };
  using Change = std::variant<Write, Truncate>;

  static int apply(sqlite3_file& disk, const Change& change) {
    if (const auto* write = std::get_if<Write>(&change)) {
      return disk.pMethods->xWrite(&disk, write->bytes.data(), static_cast<int>(write->bytes.size()),
                                   static_cast<sqlite3_int64>(write->offset));
    }
    return disk.pMethods->xTruncate(&disk, static_cast<sqlite3_int64>(std::get<Truncate>(change).size));
  }

  std::mutex mutex_;
  std::vector<char> content_;
  std::vector<Change> unsynced_;
};

/// The files of the process, by path. They stay when they are closed, as a disk's cache does.
struct Registry {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<VolatileFile>> files;
};

Registry& registry() {
  static Registry registry;
  return registry;
}

/// What SQLite holds for an open file; the system's own file stands right behind it.
struct LossyFile {
  sqlite3_file base;
  std::shared_ptr<VolatileFile>* shared;

  [[nodiscard]] sqlite3_file& disk() { return *reinterpret_cast<sqlite3_file*>(this + 1); }
  [[nodiscard]] VolatileFile& memory() { return **shared; }
};

LossyFile& self(sqlite3_file* file) { return *reinterpret_cast<LossyFile*>(file); }
sqlite3_file& disk(sqlite3_file* file) { return self(file).disk(); }

int close_file(sqlite3_file* file) {
  LossyFile& lossy = self(file);
  delete std::exchange(lossy.shared, nullptr);
  return lossy.disk().pMethods->xClose(&lossy.disk());
}

int read_file(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  return self(file).memory().read(static_cast<char*>(out), static_cast<std::size_t>(size),
                                  static_cast<std::size_t>(offset));
}

int write_file(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  self(file).memory().write(static_cast<const char*>(bytes), static_cast<std::size_t>(size),
                            static_cast<std::size_t>(offset));
  return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  self(file).memory().truncate(static_cast<std::size_t>(size));
  return SQLITE_OK;
}

int sync_file(sqlite3_file* file, int flags) { return self(file).memory().sync(disk(file), flags); }

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(self(file).memory().size());
  return SQLITE_OK;
}

int file_control(sqlite3_file* file, int operation, void* argument) {
  // These would let the system's file grow or be mapped behind the memory's back.
  if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
  if (operation == SQLITE_FCNTL_MMAP_SIZE) return SQLITE_NOTFOUND;
  return disk(file).pMethods->xFileControl(&disk(file), operation, argument);
}

const sqlite3_io_methods methods{
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = [](sqlite3_file* file, int level) { return disk(file).pMethods->xLock(&disk(file), level); },
    .xUnlock = [](sqlite3_file* file, int level) { return disk(file).pMethods->xUnlock(&disk(file), level); },
    .xCheckReservedLock = [](sqlite3_file* file,
                             int* out) { return disk(file).pMethods->xCheckReservedLock(&disk(file), out); },
    .xFileControl = file_control,
    .xSectorSize = [](sqlite3_file* file) { return disk(file).pMethods->xSectorSize(&disk(file)); },
    .xDeviceCharacteristics = [](sqlite3_file*) { return 0; },
    .xShmMap =
        [](sqlite3_file* file, int page, int size, int extend, void volatile** out) {
          return disk(file).pMethods->xShmMap(&disk(file), page, size, extend, out);
        },
    .xShmLock = [](sqlite3_file* file, int offset, int n,
                   int flags) { return disk(file).pMethods->xShmLock(&disk(file), offset, n, flags); },
    .xShmBarrier = [](sqlite3_file* file) { disk(file).pMethods->xShmBarrier(&disk(file)); },
    .xShmUnmap = [](sqlite3_file* file,
                    int remove) { return disk(file).pMethods->xShmUnmap(&disk(file), remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  LossyFile& lossy = self(file);
  lossy.base.pMethods = nullptr;
  const int error = system_vfs().xOpen(&system_vfs(), name, &lossy.disk(), flags, out_flags);
  if (error != SQLITE_OK) return error;
  std::shared_ptr<VolatileFile> memory;
  if (name == nullptr) {
    memory = std::make_shared<VolatileFile>();  // a temporary file: nobody shares it
  } else {
    const std::lock_guard hold(registry().mutex);
    auto& known = registry().files[name];
    if (!known) {
      known = std::make_shared<VolatileFile>();
      if (const int failed = known->load(lossy.disk()); failed != SQLITE_OK) return failed;
    }
    memory = known;
  }
  lossy.shared = new std::shared_ptr<VolatileFile>(std::move(memory));
  lossy.base.pMethods = &methods;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs*, const char* name, int sync_directory) {
  const std::lock_guard hold(registry().mutex);
  registry().files.erase(name);
  return system_vfs().xDelete(&system_vfs(), name, sync_directory);
}

int access_file(sqlite3_vfs*, const char* name, int flags, int* out) {
  if (flags == SQLITE_ACCESS_EXISTS) {
    const std::lock_guard hold(registry().mutex);
    const auto known = registry().files.find(name);
    if (known != registry().files.end() && known->second->size() > 0) {
      *out = 1;
      return SQLITE_OK;
    }
  }
  return system_vfs().xAccess(&system_vfs(), name, flags, out);
}

}  // namespace

void register_lossy_vfs() {
  static sqlite3_vfs vfs{};
  vfs.iVersion = 1;
  vfs.szOsFile = static_cast<int>(sizeof(LossyFile)) + system_vfs().szOsFile;
  vfs.mxPathname = system_vfs().mxPathname;
  vfs.zName = lossy_vfs_name;
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = [](sqlite3_vfs*, const char* name, int size, char* out) {
    return system_vfs().xFullPathname(&system_vfs(), name, size, out);
  };
  vfs.xRandomness = [](sqlite3_vfs*, int size, char* out) {
    return system_vfs().xRandomness(&system_vfs(), size, out);
  };
  vfs.xSleep = [](sqlite3_vfs*, int microseconds) {
    return system_vfs().xSleep(&system_vfs(), microseconds);
  };
  vfs.xCurrentTime = [](sqlite3_vfs*, double* out) { return system_vfs().xCurrentTime(&system_vfs(), out); };
  vfs.xGetLastError = [](sqlite3_vfs*, int size, char* out) {
    return system_vfs().xGetLastError(&system_vfs(), size, out);
  };
  sqlite3_vfs_register(&vfs, 0);
}

}  // namespace bazar::robustness
