// What every test needs beside the headers of pch.hpp.
#include "pch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
