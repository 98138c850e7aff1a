import { rounds } from './seeds.ts';
import { scenario } from './scenario.ts';
import { existing } from './existing.ts';

scenario('persistence 1: all restart, then the leader, then a follower', { servers: 3 }, (stage) => {
  stage.open();
  stage.agree(3);
  stage.kill(...stage.servers);
  stage.reopen(...stage.servers);
  stage.agree(3);

  const first = stage.leader();
  stage.kill(first);
  stage.reopen(first);
  stage.agree(3);

  const second = stage.leader();
  stage.kill(second);
  stage.agree(2);
  stage.reopen(second);
  stage.agree(3);

  const [follower] = stage.others(stage.leader());
  stage.kill(existing(follower));
  stage.agree(2);
  stage.reopen(existing(follower));
  stage.agree(3);
});

scenario('persistence 2: two and then the other three of five restart', { servers: 5 }, (stage) => {
  stage.open();
  for (let round = 0; round < rounds(2, 5); round++) {
    stage.agree(5);
    const leader = stage.leader();
    const [one, two, three, four] = [1, 2, 3, 4].map((places) => stage.after(leader, places));
    const firstPair = [existing(one), existing(two)];
    stage.kill(...firstPair);
    stage.agree(3);
    stage.kill(leader, existing(three), existing(four));
    stage.reopen(...firstPair);
    stage.world.runFor(1_000);
    // Two of the open servers lack the latest entry, and one has it.
    stage.reopen(existing(three));
    stage.agree(3);
    stage.reopen(existing(four), leader);
  }
  stage.agree(5);
});

scenario('persistence 3: the leader and the only follower that knows restart', { servers: 3 }, (stage) => {
  stage.open();
  stage.agree(3);
  for (let round = 0; round < rounds(1, 4); round++) {
    const leader = stage.leader();
    const [companion, away] = [stage.after(leader, 1), stage.after(leader, 2)];
    stage.isolate(away);
    stage.agree(2);
    stage.kill(leader, companion);
    stage.rejoin(away);
    stage.reopen(leader);
    stage.agree(2);
    stage.reopen(companion);
    stage.agree(3);
  }
});
