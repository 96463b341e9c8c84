bazar_test(catalog_store_contract
  SOURCES
    catalog_sqlite_store_test.cpp
    catalog_store_books_contract.cpp
    catalog_store_contract.cpp
    catalog_store_members_contract.cpp
    catalog_store_sales_contract.cpp
    catalog_store_search_contract.cpp
  DEPENDS bazar_catalog
  LABELS contract)
