# balance-alb, clients' ARP tables: how many clients each slave's MAC has, and what they are told when a cable goes and
# comes back.
# slow
. "$words/words/balance.sh"
lab 2
bond mode balance-alb miimon 100
address
settle 1
section "four clients ask"
clients_ask 4
clients_listen 4
section "the active slave fails and comes back"
clients_hear 6 pull 0
see_link bond0 eth0 eth1
clients_hear 8 plug 0
section "the other one"
clients_hear 6 pull 1
clients_hear 8 plug 1
section "eight more"
clients_ask 12
clients_listen 4
section "what the bond receives of clients that were told another slave's MAC"
for mac in 00:00:5e:00:53:01 00:00:5e:00:53:02; do
  knows $mac
  reaches
done
broadcasts 10
section "bond0 gets another MAC"
clients_hear 6 ip link set bond0 address 00:00:5e:00:53:aa
unbond
