// The check of two files. Exit status 0: the image computes the network; 1: it does not; 2: a wrong call; 3:
// an unreadable file.
#include <fmt/format.h>

#include "support/File.h"
#include "witness/Witness.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: rheo-witness WITNESS.rheow IMAGE.rheo\n");
    return 2;
  }
  const auto fail = [](const rheo::Error& error) {
    for (const rheo::Diagnostic& d : error.diagnostics)
      fmt::print(stderr, "{}: error {}: {}\n{}: note: {}\n", d.file, d.code, d.message, d.file, d.remedy);
    return 3;
  };
  const auto bytes = rheo::readFile(argv[1]);
  if (!bytes) return fail(bytes.error());
  const auto network = rheo::witness::parse(*bytes, argv[1]);
  if (!network) return fail(network.error());
  const auto image = rheo::Image::load(argv[2]);
  if (!image) return fail(image.error());
  const rheo::witness::Report report = rheo::witness::check(*network, *image);
  for (const rheo::Diagnostic& d : report.faults)
    fmt::print("{}: error {}: {}\n", argv[2], d.code, d.message);
  if (report.total > report.faults.size())
    fmt::print("{}: {} faults more\n", argv[2], report.total - report.faults.size());
  if (report.passed()) fmt::print("{}: the network of {}\n", argv[2], argv[1]);
  return report.passed() ? 0 : 1;
}
