// What can go wrong, as data: diagnostics, errors and Expected<T>. Libraries return these; only the
// command line prints them.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rheo {

enum class Severity : std::uint8_t { Note, Warning, Error };

// One finding, placed in the user's network and carrying the way out. `code` names a page under
// runtime/support/codes/ that `rheobase explain` prints.
struct Diagnostic {
  std::string code;  // "R0412"
  Severity severity = Severity::Error;
  std::string message;          // lower case, names in 'quotes', measured value and limit
  std::string file;             // the user's file as the user named it; empty if there is none
  std::string where;            // node, dataset or field inside it; empty if it is the whole file
  std::optional<double> value;  // what was measured
  std::optional<double> limit;  // what would have been allowed
  std::string limitSource;      // who says so (chip record, paper, SPEC rule)
  std::string remedy;           // what to do next
};

// Whose fault, hence which Python exception and which exit status.
enum class ErrorKind : std::uint8_t {
  Usage,      // a wrong call or option               exit 2
  Format,     // a file that cannot be read           exit 3
  Data,       // recordings, labels, option values    exit 3
  Compile,    // the network does not fit the target  exit 1
  Undecided,  // the budget ended first               exit 4
  Internal,   // ours                                 exit 70
};

struct Error {
  ErrorKind kind = ErrorKind::Internal;
  std::vector<Diagnostic> diagnostics;  // never empty; the first is the headline

  static Error of(ErrorKind kind, Diagnostic diagnostic) { return Error{kind, {std::move(diagnostic)}}; }
  static Error of(ErrorKind kind, std::string code, std::string where, std::string message,
                  std::string remedy) {
    Diagnostic diagnostic;
    diagnostic.code = std::move(code);
    diagnostic.where = std::move(where);
    diagnostic.message = std::move(message);
    diagnostic.remedy = std::move(remedy);
    return of(kind, std::move(diagnostic));
  }
};

// Either a value or an Error. (std::expected is C++23.)
template <class T>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Expected(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return content_.index() == 0; }
  T& operator*() & {
    assert(*this);
    return std::get<0>(content_);
  }
  const T& operator*() const& {
    assert(*this);
    return std::get<0>(content_);
  }
  T&& operator*() && {
    assert(*this);
    return std::move(std::get<0>(content_));
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  Error& error() & { return std::get<1>(content_); }
  const Error& error() const& { return std::get<1>(content_); }
  Error&& error() && { return std::move(std::get<1>(content_)); }

 private:
  std::variant<T, Error> content_;
};

struct Success {};
using Status = Expected<Success>;  // success or an Error, without a value
inline Status ok() { return Success{}; }

}  // namespace rheo
