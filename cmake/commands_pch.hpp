// What every command needs beside the headers of pch.hpp.
#include "pch.hpp"

#include <CLI/CLI.hpp>
