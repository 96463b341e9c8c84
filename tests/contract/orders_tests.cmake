bazar_test(orders_sqlite_store_contract_test
  SOURCES orders_sqlite_store_test.cpp orders_store_contract.cpp
  LABELS contract
  DEPENDS bazar_orders)
bazar_test(orders_postgres_store_contract_test WHOLE
  SOURCES orders_postgres_store_test.cpp orders_store_contract.cpp
  LABELS contract
  DEPENDS bazar_orders bazar_postgres_testing)
