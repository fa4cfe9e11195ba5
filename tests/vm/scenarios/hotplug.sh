# Slaves that vanish, are renamed, are set down by hand, and come back.
lab 3
bond mode active-backup miimon 100
becomes_active eth0
ip link del eth0
becomes_active eth1 0 1000
see
section "set down by hand, and up again"
ip link set eth1 down
becomes_active eth2 0 1000
see
ip link set eth1 up
settle 0.5
see
section "renamed"
ip link set eth2 down
ip link set eth2 name nic2
ip link set nic2 up
settle 0.5
see
section "all vanish"
ip link del eth1
ip link del nic2
settle 0.3
see
carrier
ip link del bond0
