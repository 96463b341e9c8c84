#include "cli/copy/store_copy.hpp"

#include <gmock/gmock.h>

#include "base/temporary_folder.hpp"
#include "catalog/schemas.hpp"
#include "catalog/testing/schema_6.hpp"
#include "cli/failure.hpp"

namespace bazar::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(StoreCopy, leaves_a_running_store_of_an_earlier_release_as_it_is) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "catalog.db").string();
  db::WriterLock writers(file);
  db::LockFile open_mark(file + ".open");
  db::Database database({.path = file});
  (void)catalog::prepare_catalog(database, writers, open_mark, {"USD", 2});
  catalog::put_back_to_schema_6(database);

  constexpr std::array owners{Owner::catalog};
  EXPECT_THAT([&] { (void)copy_databases(owners, folder.path(), "postgresql:///never-asked", {}); },
              ThrowsMessage<Failure>(HasSubstr("is in use")));
  db::Query version = database.query("PRAGMA user_version");
  ASSERT_TRUE(version.next());
  EXPECT_EQ(version.integer(0), 6);
}

}  // namespace
}  // namespace bazar::cli
