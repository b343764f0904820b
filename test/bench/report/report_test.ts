import assert from "node:assert/strict";
import { digits, sectionText, spreadText } from "../../../bench/report/report.ts";

Deno.test("figures have three digits", () => {
  const figures = [0, 0.01234, 0.5, 3.14159, 31.4159, 314.159, 31415.9, -2.5, NaN].map(digits);
  assert.deepEqual(figures, ["0.00", "0.0123", "0.500", "3.14", "31.4", "314", "31416", "-2.50", "NaN"]);
  assert.equal(spreadText({ median: 1, low: 0.5, high: 20 }), "1.00 [0.500, 20.0]");
});

Deno.test("a section is Markdown with aligned tables, and says plainly what was not reached", () => {
  const text = sectionText({
    title: "Speed",
    about: "How fast.",
    tables: [{ title: "Times", columns: ["what", "ms"], rows: [["a long name", "1.00"], ["b", "12.0"]] }],
    verdicts: [
      { requirement: "At most 2", found: "1.5", reached: true },
      { requirement: "At least 2", found: "0.9", reached: false },
    ],
    notes: ["Left out: nothing"],
    samples: null,
  });
  assert.equal(
    text,
    `## Speed

How fast.

**Times**

| what        |   ms |
| ----------- | ---: |
| a long name | 1.00 |
| b           | 12.0 |

- Reached. At most 2; found 1.5
- NOT REACHED. At least 2; found 0.9

- Left out: nothing`,
  );
});
