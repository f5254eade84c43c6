# Heap and direct memory are shares of what the container's limit leaves beside the rest of the process (classes, code,
# stacks). Without a limit it is as with the chart's default. All in MiB.
limit=0
for file in ${CGROUP:-/sys/fs/cgroup}/memory.max ${CGROUP:-/sys/fs/cgroup}/memory/memory.limit_in_bytes; do
  if [ -r "$file" ] && read -r limit <"$file"; then break; fi
done
case $limit in *[!0-9]* | '') limit=0 ;; esac
limit=$((limit / 1048576))
if [ "$limit" -lt 1 ] || [ "$limit" -gt 65536 ]; then limit=@limit@; fi
left=$((limit - @rest@))
if [ "$left" -lt 48 ]; then left=48; fi
heap=$((left * @heap@ / 100)) direct=$((left * @direct@ / 100))
