// Small helpers for messages: what can be shown, names that come near a misspelt one, lists in words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rheo {

// Whether a terminal and a JSON report can show it: UTF-8 (RFC 3629) without control characters. `lines`
// allows line feeds and tabs.
bool isPlainText(std::string_view text, bool lines = false);

// Number of single-character edits (insert, delete, replace, swap of neighbours) from one to the other.
int editDistance(std::string_view left, std::string_view right);

// Up to `count` of `candidates` that `name` may have meant, case aside, nearest first; empty where none is
// near. Names and lists too long to compare in no time, which only hostile files hold, are near to nothing.
std::vector<std::string> nearestNames(std::string_view name, const std::vector<std::string>& candidates,
                                      std::size_t count = 3);

// "line 3, column 14": where byte `offset` of `text` stands.
std::string placeIn(std::string_view text, std::size_t offset);

// "'a', 'b' or 'c'"; empty for an empty list.
std::string quotedList(const std::vector<std::string>& names, std::string_view lastJoin = "or");

// "1 step", "3 steps".
std::string counted(std::size_t count, std::string_view one, std::string_view more);

// A remedy sentence: "did you mean 'x'?", or the list of what there is, or "there is none".
std::string didYouMean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace rheo
