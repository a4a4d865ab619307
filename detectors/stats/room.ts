/**
 * The next capacity of a growing array: four times as much while it is small, because each new array costs more than
 * its bytes, then twice as much. A power of two stays one.
 */
export const roomier = (capacity: number) => (capacity < 256 ? capacity * 4 : capacity * 2);
