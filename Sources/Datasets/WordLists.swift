/// The words synthetic tasks are made of.
///
/// Part of what a seed means: change a list and every synthetic data set changes.
enum WordLists {
  static let nouns = [
    "apple", "bridge", "candle", "desert", "engine", "forest", "garden", "harbour", "island",
    "jacket", "kitchen", "ladder", "mirror", "needle", "ocean", "pencil", "quarry", "river",
    "shadow", "table", "umbrella", "valley", "window", "yard", "anchor", "bottle", "castle",
    "door", "eagle", "flower", "glass", "hammer", "iron", "jungle", "kettle", "lemon", "market",
    "north", "orange", "paper", "queen", "road", "stone", "tower", "uncle", "village", "water",
    "youth",
  ]

  static let adjectives = [
    "ancient", "bright", "calm", "deep", "early", "famous", "gentle", "happy", "inner", "joint",
    "kind", "local", "modern", "narrow", "open", "private", "quiet", "rapid", "silent", "tall",
    "upper", "vast", "warm", "young", "active", "brave", "central", "distant", "eastern", "free",
    "golden", "hidden", "idle", "junior", "known", "large", "mild", "new", "old", "proud", "rare",
    "small", "tiny", "united", "visible", "western", "yellow", "common",
  ]

  static let reviewed = [
    "food", "service", "room", "view", "staff", "music", "location", "price", "coffee", "bed",
    "breakfast", "terrace",
  ]

  static let firstNames = [
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grace", "Henry", "Ida", "Jonas", "Karin",
    "Leo", "Maria", "Nora", "Oscar", "Paula", "Robert", "Sofia", "Tom", "Vera",
  ]

  static let lastNames = [
    "Adams", "Baker", "Clark", "Davis", "Evans", "Fisher", "Green", "Hall", "Irving", "Jones",
    "King", "Lee", "Moore", "Nolan", "Owens", "Parker", "Reed", "Smith", "Turner", "Young",
  ]

  static let cities = [
    "Paris", "London", "Berlin", "Madrid", "Rome", "Vienna", "Oslo", "Dublin", "Lisbon", "Athens",
    "Boston", "Chicago", "Tokyo", "Sydney", "Cairo", "Lima",
  ]

  static let subjects = [
    "law", "music", "physics", "history", "biology", "art", "chemistry", "French", "geography",
    "economics",
  ]

  static let weekdays = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]

  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]

  /// Words of one kind each; no word fits two kinds.
  static let kinds = [
    ["cat", "dog", "horse", "cow", "lion", "sheep", "tiger", "rabbit"],
    ["chair", "table", "sofa", "bed", "desk", "shelf", "stool", "wardrobe"],
    ["apple", "pear", "banana", "raspberry", "grape", "melon", "fig", "mango"],
    ["red", "green", "blue", "yellow", "purple", "pink", "brown", "grey"],
    ["car", "bus", "train", "bicycle", "truck", "tram", "ship", "plane"],
    ["doctor", "teacher", "baker", "lawyer", "nurse", "pilot", "farmer", "painter"],
  ]
}
