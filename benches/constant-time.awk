# Of an assembly file: the loop before the call of subtle's `black_box`, which is the comparison of `state`, and its branches. It may
# have one, which counts the bytes: by a compare with a constant or a step down right before it. What is conditional without a branch (`it`)
# takes the same time either way.
/^[._A-Za-z].*:/ || /^\t[a-z]/ {
    lines[++count] = $0
    if ($0 ~ /^[.][A-Za-z0-9_]+:/) label[substr($1, 1, length($1) - 1)] = count
    if ($0 ~ /bl[ \t]+_ZN6subtle9black_box/) call = count
}
function is_branch(line) { return line ~ /^\t(b(eq|ne|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)|cbn?z|tb[bh])([.][nw])?[ \t]/ }
END {
    for (last = call; last > 0 && !(is_branch(lines[last]) && label[$0 = target(lines[last])] && label[$0] < last); last--);
    if (!last) { print "assembly: there is no comparison"; exit 1 }
    first = label[target(lines[last])]
    for (at = first; at <= last; at++) {
        if (lines[at] ~ /^\t[.]/) continue
        print lines[at]
        if (is_branch(lines[at])) branches++
    }
    is_counted = lines[last - 1] ~ /^\t(cmp[ \t].*#[0-9]+|subs([.]w)?[ \t].*#1)$/
    print "assembly: " branches " branch in the comparison" (is_counted ? ", which counts its bytes" : "")
    exit !(branches == 1 && is_counted)
}
function target(line, words) { split(line, words, /[ \t,]+/); return words[length(words)] }
