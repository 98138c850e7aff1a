import { scenario } from './scenario.ts';

const COMMANDS = 10;
const COMMAND_BYTES = 5_000;

scenario('bytes: every command goes to every follower once', { servers: 3 }, (stage, measure) => {
  stage.open();
  stage.agree(3);
  const { consensusBytes, allBytes } = stage.traffic.during(() => {
    for (let count = 0; count < COMMANDS; count++) stage.agree(3, COMMAND_BYTES);
  });
  measure('bytes of consensus frames, requests and answers, for 10 commands of 5,000 B', consensusBytes, 200_000);
  measure('bytes of all frames in that time', allBytes, 200_000);
});

scenario(
  'message counts: an election, ten entries at once and an idle second cost little',
  { servers: 3 },
  (stage, measure) => {
    const election = stage.traffic.during(() => {
      stage.open();
      stage.leader();
    });
    measure('requests until the first leader is known to all', election.requests, 30);
    stage.agree(3);
    const leader = stage.leader();
    const entries = stage.traffic.during(() => {
      const index = stage.appliedBy(leader) + COMMANDS;
      stage.written(stage.commands(leader, COMMANDS));
      stage.applied(index, 3);
    });
    measure('requests for ten entries proposed at once', entries.requests, 42);
    const idle = stage.traffic.during(() => stage.world.runFor(1_000));
    measure('requests in an idle second', idle.requests, 60);
  },
);
