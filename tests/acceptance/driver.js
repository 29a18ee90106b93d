// Plays the race in the page with key presses: every few steps it imagines some plans with the page's own physics
// and follows the one that leads furthest. Run as an async script by selenium; answers once it is playing.
const done = arguments[arguments.length - 1];
import("/physics.js").then(({ DOWN, JUMP, LEFT, RIGHT, standing, step }) => {
  const CODES = { [LEFT]: "ArrowLeft", [RIGHT]: "ArrowRight", [JUMP]: "Space", [DOWN]: "ArrowDown" };
  const plans = [[RIGHT, 0, RIGHT, 0]];
  for (let delay = 0; delay < 5; delay++) for (const hold of [1, 2, 4, 6]) plans.push([RIGHT, delay * 3, RIGHT | JUMP, hold * 3]);
  for (const back of [4, 9, 18]) plans.push([LEFT, back, RIGHT | JUMP, 15]);
  const held = new Set();

  function worth(level, from, [first, until, then, more]) {
    const runner = { ...from };
    let sooner = 0;
    let number = 0;
    for (; number < 50; number++) {
      step(level, runner, number < until ? first : number < until + more ? then : RIGHT);
      if (number < 14) sooner += runner.x;
      if (runner.out) return runner.x - 16 * 256 + number * 100;
      if (number >= 14 && standing(runner)) break;
    }
    return runner.x - (number - 14) * 104 + sooner / 14;
  }

  function hold(keys) {
    for (const [key, code] of Object.entries(CODES)) {
      const wanted = Boolean(keys & key);
      if (wanted === held.has(code)) continue;
      if (wanted) held.add(code);
      else held.delete(code);
      document.body.dispatchEvent(new KeyboardEvent(wanted ? "keydown" : "keyup", { code, bubbles: true, cancelable: true }));
    }
  }

  function play() {
    const race = window.rush.race;
    if (document.body.dataset.state === "racing" && race?.me && !race.me.finishMs) {
      let best = plans[0];
      for (const plan of plans) if (worth(race.level, race.me, plan) > worth(race.level, race.me, best)) best = plan;
      hold(best[1] ? best[0] : best[2]);
    } else {
      hold(0);
    }
  }
  setInterval(play, 50);
  done("playing");
});
