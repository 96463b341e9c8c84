bazar_test(orders_sqlite_store_contract_test
  SOURCES orders_sqlite_store_test.cpp orders_store_contract.cpp
  LABELS contract
  DEPENDS bazar_orders)
