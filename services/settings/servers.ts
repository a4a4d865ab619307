/** What the schema cannot know about the servers: which settings go together. */
import { PROCESS_ROLES } from "../../schemas/settings-servers.ts";
import { type FieldPath, valueAt } from "../plain-words.ts";
import { describePlace, type SettingSources } from "./errors.ts";

/** One line for each thing that is wrong. `input` is what was given, before defaults are filled in. */
export function serverFaults(input: unknown, origins: SettingSources): string[] {
  const given = (...path: string[]) => valueAt(input, path) !== undefined;
  const at = (...path: FieldPath) => describePlace(path, origins);
  const faults: string[] = [];
  if (given("kafka") && !given("redis"))
    faults.push(
      `${at("kafka")}: expected redis beside it: log and store are both on servers, or both embedded`,
    );
  if (given("redis") && !given("kafka"))
    faults.push(
      `${at("redis")}: expected kafka beside it: log and store are both on servers, or both embedded`,
    );
  if (given("kafka") && given("partitions"))
    faults.push(`${at("partitions")}: expected nothing beside kafka; its number is kafka.partitions`);
  const roles = valueAt(input, ["roles"]);
  if (Array.isArray(roles) && !given("kafka") && PROCESS_ROLES.some((role) => !roles.includes(role)))
    faults.push(`${at("roles")}: expected all of them: without kafka and redis one process is everything`);
  return [...faults, ...sourceFaults(valueAt(input, ["sources"]), given("kafka"), at)];
}

/** Sources have names of their own, and each is read somewhere. */
function sourceFaults(sources: unknown, hasKafka: boolean, at: (...path: FieldPath) => string): string[] {
  const all: unknown[] = Array.isArray(sources) ? sources : [];
  const names = all.map((source) => valueAt(source, ["name"]));
  return all.flatMap((source, index) => [
    ...(hasKafka || valueAt(source, ["kafka"]) !== undefined
      ? []
      : [`${at("sources", index)}: expected kafka with its brokers, because the settings name no others`]),
    ...(names.indexOf(names[index]) === index
      ? []
      : [`${at("sources", index, "name")}: expected a name that no other source has`]),
  ]);
}

/** The roles in `ingest,processor`; what is not one is left for the schema to refuse. */
export const rolesIn = (text: string): readonly string[] => text.split(",").map((role) => role.trim());
