// Package redisstore keeps tenants in Redis, for gateways that run as several nodes over one store. A Client is one node; a Tenant is
// one tenant on it, as a store.Store and a store.Barrier.
//
// # Data
//
// All keys of a tenant share the hash tag {tenant}, so that its scripts run in a Cluster. With the default prefix:
//
//	pg:{tenant}:head      string   <revision>:<commit id>, the newest point of the history
//	pg:{tenant}:records   hash     <kind>/<id> -> version, revision, references, data
//	pg:{tenant}:refs      hash     <kind>/<id> -> how often records refer to it
//	pg:{tenant}:log       stream   one entry per commit, its id <revision>-0
//	pg:{tenant}:commits   zset     commit id -> revision, as far back as the log
//	pg:{tenant}:resent:…  string   for a commit whose answer was lost: the latest attempt at it (gone after an hour)
//	pg:{tenant}:fence     string   written before a question that the replicas are to confirm
//	pg:{tenant}:applied   hash     node -> <revision>:<commit id> that its view has applied
//	pg:{tenant}:epoch     string   changes with the fields of applied
//	pg:nodes              zset     node -> end of its lease, by Redis' clock
//	pg:{pg:nodes}:master  string   replication id of the master under which leases were renewed last, and since when
//	pg:wake               channel  commits, reports and changes of membership, of all tenants
//
// In a Cluster there are several sets of leases, and each tenant has a channel:
//
//	pg:{tag}:nodes        zset     the leases of one home, see below
//	pg:{tag}:master       string   likewise
//	pg:{tenant}:wake      channel  commits, reports and changes of membership, of this tenant
//
// The files in lua say what each script takes and answers. A commit is one of them, and so one round trip. It has no rollback: it checks
// everything, then writes; the write that can be refused (the log entry) comes first.
//
// The log is the truth. What is published on the channel only says that it is worth a look, and may be lost: on each new subscription
// everybody who waits looks again. An idle tenant costs no command; an idle node renews its lease (LeaseRenew) and checks its subscription
// (every 3 s), about two commands a second for each master.
//
// # Lost answers
//
// A commit whose answer is lost is sent again with the number of the attempt. The script looks its id up in commits, and answers
// what it did then. Where it is not there, the script notes the attempt before it judges the commit: an earlier attempt that still lies in
// some buffer (of a frozen server, say) finds that note when it arrives at last, and does nothing. So a commit is carried
// out once at most, and what was answered stays true. When time is over and any attempt may have arrived, the fault is Uncertain; it is
// Unavailable only while none can have.
//
// The driver's own retries are off, so that nothing but this package sends a call twice. In a Cluster they come together with its way to follow redirections
// (MaxRedirects), which sends again upon broken connections too; so that is off as well, and a hook follows MOVED and ASK, which are answers: what was
// redirected was not carried out. There is then never a second copy of one attempt. TRYAGAIN, CLUSTERDOWN, READONLY and a MOVED to a server that
// is not known yet are tried again like a refused connection.
//
// # Several masters
//
// In a Cluster nothing that concerns a tenant may depend on a master other than its own. So there is, for each master that holds open tenants, a
// server (server.go): one subscription, to the channels of those tenants and at that master, where their commits are published (a message need not
// travel over the cluster's bus); and one queue of reports and other tasks. A master that hangs holds up nobody else's.
//
// Leases lie in homes (home.go): hash tags that fall into chosen slots. A node registers with a tenant under a name that tells the home of its lease,
// "<node>#<number>@<tag>", chosen on the tenant's own master as this node sees the topology. Whoever judges the registration reads the lease in the home that it
// names. So what barriers promise never depends on two nodes seeing one topology, nor on anybody seeing the right one; how many tenants lose their leases
// together does. A node renews one lease in each home that it needs, each on its own; usually that is one for each master.
//
// The driver reads the topology every 5 s, and at once when a master cannot be reached or says MOVED. With each renewal a node looks whether its
// tenants are still where they were. One that moved to another master is subscribed to there, and looked at again; when its home stays behind for
// some looks (not for one: during a failover they change more than once), it registers anew with a better one.
//
// While a slot moves, Redis refuses scripts whose keys are not all in one place (TRYAGAIN; some of a commit's keys never exist), so a tenant's commits wait
// until the slot has arrived; commands with one key are led there by ASK. A scan of the records ends with an error when they move, and begins anew.
//
// # The fence
//
// Replication is asynchronous, and a master does not learn at once that it was deposed: paused and woken, or cut off from the others, it goes on
// answering. With FenceReplicas no answer rests on its word alone. Each pipeline ends with WAIT, on the connection that carried the script or
// the question, so a write is still one round trip; and each holds a write, since WAIT counts who has what this connection wrote last: a commit
// itself, the note of the attempt where it stood already or was refused, a fence key before the head or the log are read. Take R replicas of a
// master, N of which confirm.
//
//   - A replica confirms only while it follows the server that asks; one that was promoted, or follows another, never does again. (One that is
//     started with an old configuration might: let Sentinel write the configuration files.)
//   - So a deposed master needs N replicas that still follow it, and its successor needs N others, the deposed one among them only once it is no master
//     any more. With N of at least R/2 both cannot be: 2(N+1) is more than the R+1 servers. Of a write that the successor acknowledged, a
//     deposed master can therefore not be ignorant and be confirmed; it can vouch for nothing, and the question is asked again elsewhere. With
//     fewer, reads are as recent as without the fence.
//   - With N = R every replica that can be promoted has each acknowledged write. With fewer a write is lost when one without it is promoted:
//     Sentinel and Cluster prefer the replica that has most, but promise nothing.
//   - A view is fed with confirmed events only, so a read by whichever way shows nothing that a failover undoes afterwards (under the same
//     condition).
//
// When too few confirm within half a CallTimeout the answer does not count. A write is sent again, as above: it finds itself, notes the attempt (which
// is the write that the next WAIT covers) and waits anew, maybe at another master; when time is over it is Uncertain. All else is Unavailable
// then.
//
// # The barrier
//
// Wait(h) returns when every live node that has the tenant open has applied h. That it misses no node rests on the order of steps on the one
// server that holds the tenant:
//
//   - A node takes its lease, then registers in applied (which changes epoch), and only then is the tenant handed out. The view that is built
//     on it asks for the head after that.
//   - So take any commit C and any node N. If N registered after C, N's first head is C or later, and N serves nothing before it has applied
//     it: nobody needs to wait for N. If N registered before C, then N is in any reading of applied that is made at C or later, until it
//     signs off or is taken out as dead.
//   - Wait therefore needs a reading of applied that was made at h or later. The commit script answers the epoch along with the
//     revision: where that is the epoch of the reading this node has, the reading is as good as one made at that commit, and nothing is
//     asked. Otherwise (somebody joined or left, or h is of another node's commit) it is read anew, in one round trip that
//     everybody who waits shares. Epochs are random, so that two sets never share one.
//   - Of each member it then needs a report of h or later. Reports go over the channel; a barrier that waits also reads them every 200 ms at
//     the latest, so a lost message costs a moment and nothing else.
//   - A number alone would not do: the history may have gone back and overtaken it. So a report carries its commit id, and the script notes it,
//     and publishes it, only when the log of that moment knows the commit. What stands in applied is then of the history around it whatever becomes
//     of both, since they go back together. What was published before carries the epoch: it counts only for who has read the set under that epoch, and
//     who sees the history go back registers anew, under a new epoch.
//
// While a node is the only one, its commits keep answering with the epoch it knows, so Wait is over when its own view has reached h, without
// a word to Redis. Nor are its commits published: it says in which epoch it is alone, and the script compares. Its reports leave with the
// renewals of its lease. A node that joins changes the epoch before it is handed out, and the next commit shows that, whatever became of
// the message.
//
// A dead node (no sign-off) holds a barrier up until its lease ends, LeaseLife after its last renewal. A barrier that waits for a member then reads the
// leases, and takes out those members whose lease has ended or is gone. The leases must be read after the members: a lease is taken
// before the registration, so a member without one is dead and not new. The node's own lease (Tenant.Lease) counts from before the renewal was sent and
// ends a tenth earlier than the others'; a node past it may serve what is older than a barrier promised, and should not. A node that finds
// its lease ended, or itself taken out, registers again (under a new name, so that who takes the old one out late does not hit it), has no lease on the tenant until it has applied the head of that moment, and judges nobody
// for the length of a lease: what kept it from renewing (a Redis that was restarted) may have kept the others too.
//
// # A history that went back
//
// Commit ids tell histories apart. A follower finds, at the entry from which it reads on, that it is not the one it knows: ErrHistory. What takes it
// to the log without traffic is its registration: when the server was emptied, an older dump put in place, or another master took over, the lease is
// gone or of another master's making, so within LeaseRenew it registers anew, and join.lua tells that the log does not know what the node has applied. It then looks at the
// log, has no lease on the tenant until its view, built anew, has reported a head that the log knows, and forgets its own recent commits. The
// same answer to a report, a head below an earlier one, and a known revision under another id have it look as well.
//
// A snapshot's records come from one server, and the log after them from whichever is the master then. A successor that lacks the last of what was scanned
// would continue the first head of the snapshot all the same. So the scan ends with the head of the server that it read, on the same connection, and
// the log must lead through that point: until it has, a head below it and another commit in its place are ErrHistory (see pledge).
//
// # Another master
//
// After a failover, or a restart that lost the last second of the log, the set of nodes may lack one that registered just before, and a lease may
// have been renewed without the new master's knowing. Whoever finds itself talking to another master believes no set of nodes for the length
// of a lease (barriers wait so long, no more), judges nobody for as long, and registers anew. That this is enough:
//
//   - Let C be a node whose registration the new master does not know. C vouches for its reads by its lease, which it counts from before a renewal was
//     sent. The last renewal that the old master answered was sent before the new one took over (with the fence on also when the old one goes
//     on without knowing that it was deposed: renewals are confirmed by replicas, like all else). So a lease after the take-over C has no lease of the old
//     master's making.
//   - A renewal at the new master tells that it is another one, and has C register anew before the lease counts again; from then on C is in the set.
//   - Whoever waits noticed the new master no earlier than it took over, and waits for a lease from there. Then every node is in the set, or
//     has no lease, or registered after the commit that is waited for and serves nothing before it has applied that.
//
// It is noticed in three ways, none of which costs a command more on a write: each new connection asks for the run id of the process behind it, before
// anything else goes over it; in a Cluster the address of the master that answered is compared with the one before; each renewal tells the
// replication id, which is another one whenever a server starts or is promoted. Since when a master is one is kept beside the leases, so that
// a node that is started after a failover waits as well. On a server where no lease was ever taken nobody waits: a node that starts for the first
// time in the moment after FLUSHALL does not know of others who have not noticed that yet.
//
// In a Cluster this needs the lease to be on the tenant's master, where a failover ends it. Between a tenant's slot moving to another master and its node's
// registering with a home there (seconds) a failover of that other master may forget the registration while the lease lives on elsewhere; the node then notices by its
// topology only, within topologyAge.
//
// What is not covered besides: without the fence, a deposed master that can be reached and does not know of its end may vouch for nodes, and tell them an old
// head, until it learns of it. min-replicas-to-write bounds that.
package redisstore
