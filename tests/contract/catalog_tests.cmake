bazar_test(catalog_store_contract
  SOURCES
    catalog_sqlite_migration_test.cpp
    catalog_sqlite_store_test.cpp
    catalog_store_books_contract.cpp
    catalog_store_contract.cpp
    catalog_store_members_contract.cpp
    catalog_store_refresh_contract.cpp
    catalog_store_sales_contract.cpp
    catalog_store_search_contract.cpp
  DEPENDS bazar_catalog
  LABELS contract)

# The same suite over PostgreSQL: the program starts a server of its own.
bazar_test(catalog_postgres_store_contract WHOLE
  SOURCES
    catalog_postgres_failover_test.cpp
    catalog_postgres_store_test.cpp
    catalog_store_books_contract.cpp
    catalog_store_contract.cpp
    catalog_store_members_contract.cpp
    catalog_store_refresh_contract.cpp
    catalog_store_sales_contract.cpp
    catalog_store_search_contract.cpp
  DEPENDS bazar_catalog bazar_postgres_testing
  TIMEOUT 300
  LABELS contract)
