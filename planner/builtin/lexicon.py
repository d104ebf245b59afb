"""What words mean, where grammar alone does not say: general English, in lemmas.

The lists are open sets by nature: a word that is in none of them is taken for a thing that can be drawn.
"""

from planner.scene import Extent, Predicate


def word_set(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


TIMES = word_set("""
    night midnight nighttime day daytime daylight noon midday morning afternoon evening dusk dawn twilight
    sunset sunrise sundown nightfall daybreak hour spring summer autumn fall winter season christmas
    halloween moonlight sunlight sunshine starlight dark darkness
""")
"""Times and lights that a whole picture stands in."""

WEATHER = word_set("""
    weather rain snow fog mist haze storm thunderstorm snowstorm blizzard drizzle downpour wind breeze
    snowfall rainfall hail frost overcast
""")

SKY = word_set("sky skies heaven air skyline horizon firmament cosmos galaxy universe space")
"""Settings above the ground: what is in them stands high in the picture."""

GROUND = word_set("""
    grass ground floor sand snow ice water sea ocean lake river pond stream soil dirt mud earth lawn
    pavement asphalt concrete gravel sidewalk street road path pathway trail highway driveway runway
    tarmac carpet dust surf meadow field pasture beach shore shoreline seashore coast riverbank desert
    dune prairie plain plains savanna savannah tundra swamp marsh wetland valley hillside countryside
    farmland terrain puddle pool courtyard plaza track court pitch crosswalk intersection parking_lot moss
    foliage greenery vegetation wheat
""")
"""Settings below the horizon: what is in the middle of them stands in the lower part of the picture."""

INDOORS = word_set("""
    room bedroom bathroom kitchen livingroom hallway corridor office classroom garage basement attic
    cellar studio gym hall lobby library museum gallery restaurant cafe café bar pub diner cafeteria
    bakery shop store supermarket market marketplace mall warehouse factory workshop laboratory lab
    hospital school stadium arena theater theatre cinema church cathedral temple airport station hangar
    barnyard stable zoo aquarium greenhouse cave cavern tunnel dungeon interior nursery pantry closet
    restroom washroom foyer lounge den ballroom bookstore
""")

OUTDOORS = word_set("""
    forest woods woodland jungle rainforest park garden backyard yard farm vineyard orchard city town
    village downtown suburb metropolis cityscape landscape seascape scenery wilderness outdoors nature
    mountainside canyon campsite playground cemetery graveyard harbor harbour port marina dock pier alley
    alleyway neighborhood neighbourhood town_square city_square market_square public_square village_square
    underwater environment surroundings backdrop background setting seaside lakeside poolside slope
    countryside island planet moonscape world wall rooftop
""")

SETTINGS = TIMES | WEATHER | SKY | GROUND | INDOORS | OUTDOORS

SURFACES = word_set("""
    table desk shelf counter countertop bench chair sofa couch bed stool cabinet dresser nightstand stove
    mat rug towel blanket pillow cushion roof hood bookshelf windowsill ledge pedestal platform stage
    altar plate tray board
""")
"""Things whose middle is on them rather than inside them."""

PERSONS = word_set("""
    man woman boy girl child kid baby toddler infant person people someone somebody lady gentleman guy
    couple family crowd teenager adult elder human king queen prince princess knight soldier warrior nurse
    chef cook athlete student wizard witch pirate astronaut monk nun bride groom mother father mom dad son
    daughter grandmother grandfather brother sister friend blacksmith musician magician librarian guard
    clown ninja samurai cowboy figure male female policeman fireman fisherman businessman officer angel
    fairy elf dwarf robot mermaid hero
""")

ANIMALS = word_set("""
    animal pet creature beast dog puppy cat kitten kitty horse pony foal cow calf bull ox sheep lamb goat
    pig piglet chicken hen rooster duck duckling goose turkey bird parrot owl eagle hawk falcon crow raven
    pigeon dove seagull gull swan peacock penguin flamingo sparrow robin fish shark whale dolphin octopus
    squid crab lobster turtle tortoise frog toad lizard snake crocodile alligator dinosaur dragon unicorn
    lion tiger leopard cheetah panther bear panda koala kangaroo elephant giraffe zebra rhino hippo monkey
    ape gorilla chimpanzee deer stag elk moose reindeer antelope fox wolf coyote raccoon rabbit bunny hare
    squirrel chipmunk mouse rat hamster beaver otter hedgehog porcupine bat camel llama alpaca donkey mule
    bee butterfly moth beetle ant spider ladybug dragonfly snail worm insect retriever terrier poodle
    corgi stallion mare
""")

ANIMATE = PERSONS | ANIMALS

BODY = word_set("""
    head face eye eyebrow eyelash ear nose mouth lip tongue tooth cheek chin forehead beard mustache
    moustache hair ponytail braid bun hairstyle neck shoulder arm elbow hand palm finger fingertip thumb
    nail fist chest back waist hip leg thigh knee foot ankle toe heel skin body torso belly stomach tail
    paw claw wing feather beak fur mane horn antler tusk trunk snout muzzle whisker hoof fin scale shell
    plumage coat smile gaze expression grin frown lap stripe spot freckle scar wrinkle shadow silhouette
    reflection posture pose gesture tattoo goatee mohawk sideburns
""")

CLOTHES = word_set("""
    hat cap helmet hood crown tiara scarf shirt t-shirt tshirt blouse sweater jumper hoodie jacket vest
    suit tuxedo dress sundress gown skirt robe cloak cape uniform apron jeans trousers pants shorts
    leggings sock shoe boot sandal sneaker glove mitten belt tie bowtie necktie glasses sunglasses
    spectacles goggles mask veil necklace bracelet earring ring watch jewelry jewellery armor armour
    costume outfit attire clothes clothing garment headband bandana bonnet beanie beret turban kimono
    overalls swimsuit bikini pajamas collar harness leash saddle bridle sleeve pocket badge headphones
    headset backpack coat raincoat overcoat parka poncho tunic toga wetsuit spacesuit slipper bow ribbon
""")

PARTS = word_set("""
    roof door doorway window windowpane chimney handle knob lid wheel tire tyre spoke handlebar pedal seat
    leg armrest backrest stem stalk petal leaf thorn root branch twig bark trunk button key dial screen
    lens blade edge tip rim brim base bottom top side surface corner center centre middle interior
    exterior frame spine cover page label logo emblem pattern design print text letter word lettering
    inscription engraving carving ornament trim fringe tassel stitching fabric texture finish coating
    panel tile plank brick shingle spire steeple balcony porch facade façade sail mast hull bow stern deck
    headlight taillight bumper windshield hubcap propeller cockpit antenna antennae crust topping icing
    frosting sprinkle filling sauce syrup cheese pepperoni cream foam flame smoke steam glow light peel
    seed core skin crown drawer hinge strap buckle zipper lace hem cuff bristle tine nozzle spout strand
    vein accent detail element curve fold rind yolk outline contour streak speckle dot patch polka stain
    crack dent hole rust
""")

HANDLING = word_set("""
    hold carry clutch grip grasp wield brandish cradle swing drink eat chew bite lick play use read
""")
"""Verbs whose object is in the hands or the mouth of the one who does it."""

CARRY = HANDLING | {"wear", "don", "sport"}
"""Verbs whose object is drawn with the one who does it."""

TURNING = word_set("""
    fly roll drop sail grow ring sink spin burn melt boil open close break shake blow spill pour launch light
    fire hang bend fold roast bake fry cook hatch
""")
"""Verbs that say another thing of their subject where their object is taken away: "a girl flies a kite"."""

COLLECTIVES = {
    "pair": 2,
    "couple": 2,
    "trio": 3,
    "quartet": 4,
    "dozen": 12,
    "handful": 3,
    "threesome": 3,
    "duo": 2,
    "twosome": 2,
}
"""Collective nouns that say how many."""

PLURAL_ONLY = word_set("""
    scissors glasses sunglasses eyeglasses spectacles goggles binoculars pants trousers jeans shorts
    leggings tights pliers tongs tweezers headphones earphones shears overalls pajamas scissor binocular
    trouser headphone
""")
"""Nouns whose plural, or whose pair, is one thing."""

LIGHTS = word_set("""
    light glow shadow reflection gleam glimmer glint shimmer sparkle beam ray shaft silhouette sunbeam
    sunray moonbeam smudge haze flash
""")
"""What falls on a picture rather than stands in it."""

GROUPS = word_set("""
    group bunch number lot herd flock pack row line set collection cluster pile stack heap crowd array
    variety assortment series swarm school fleet string range plenty host mass multitude mix combination
    selection kind type sort form ton patch layer sea expanse stretch
""") | frozenset(COLLECTIVES)
"""Nouns that stand before "of" and leave the thing after it the thing."""

CONTAINERS = word_set("""
    cup glass mug bottle jar can bowl plate dish tray box basket bucket bag sack vase pot pan barrel crate
    carton pitcher jug tank tub slice piece loaf bouquet bundle bale scoop stick chunk block sheet ball
    roll package packet pack
""")
"""Nouns whose "of" tells what they hold or are made of: one thing with it."""

PORTIONS = word_set("""
    piece slice chunk scoop loaf wedge lump bite crumb strip sliver fragment serving helping
    portion blade statue figurine sculpture bust model replica carving effigy
""")
"""Nouns that are named by what they are a part or an image of."""

VAGUE = word_set("""
    control device machine unit object item product structure material equipment instrument tool vehicle
    animal creature
""")
"""Nouns that their adjectives tell apart from others: a "remote control", a "flying machine"."""

MEDIA = word_set("""
    photo photograph picture image painting drawing sketch illustration render rendering portrait shot
    close-up closeup cartoon artwork poster etching woodcut engraving mural print snapshot depiction
    watercolor watercolour lithograph caricature collage art diagram photography wallpaper selfie postcard
""")
"""Kinds of picture: the style when a prompt opens with one."""

STYLE_MARKS = MEDIA | word_set("""
    style styled styles 3d 2d 4k 8k 16k hd uhd hdr 35mm 50mm 85mm dslr bokeh cinematic photorealistic
    photorealism realistic realism hyperrealistic hyperrealism ultra-realistic photo-realistic
    hyper-realistic ultrarealistic surreal surrealism impressionism impressionist expressionist cubist
    cubism minimalist minimalism anime manga pixar ghibli artstation octane unreal blender detailed detail
    details resolution high-resolution lighting masterpiece steampunk cyberpunk vaporwave gouache pastel
    acrylic charcoal lowpoly low-poly isometric voxel pixelated vector sepia monochrome grayscale
    black-and-white lens aesthetic aesthetics focus depth-of-field raytracing vibrant
""")

FINISHES = word_set("""
    light lighting colors colours tones lines palette contrast focus quality shapes strokes brushstrokes
    hues shading
""")
"""What a whole picture is done with: the style, where a phrase of its own ends in one."""

COLOURS = word_set("""
    red orange yellow green blue purple violet pink brown black white grey gray cyan magenta turquoise
    teal beige golden gold silver scarlet crimson maroon navy azure amber ivory tan lavender indigo
""")
"""Words of colour: two things of different colours are two things."""

ABSTRACT = word_set("""
    scene view side left right top bottom middle center centre corner upper lower front rear part area
    section portion half third quarter edge foreground midground background distance direction position
    place spot point way end atmosphere ambiance ambience mood feeling feel sense wonder contrast lighting
    shade hue tone color colour palette style theme vibe essence beauty presence charm elegance mystery
    harmony chaos calm peace tranquility serenity joy happiness sadness love fear hope energy power
    strength motion movement action time moment hour minute second day week month year age past future
    present history story tale narrative memory dream thought idea concept notion imagination spirit soul
    life death sound noise silence music song voice whisper echo hum smell scent aroma fragrance taste
    touch warmth heat cold temperature number amount size form height width length weight speed beat
    balance symmetry perspective composition arrangement display backdrop juxtaposition interplay reminder
    testament hint trace aura character personality quality detail effect impact anticipation effort
    attempt work task job game match race event occasion celebration party ceremony festival activity
    adventure journey trip ride walk conversation discussion attention focus interest curiosity care ease
    use purpose case example fact thing something anything everything nothing one other another rest all
    none most many few lot variety kind type sort manner accordance order disarray mid-air midair flight
    progress unison sync tandem preparation pursuit search need lack absence addition result consequence
    cause reason question answer problem message meaning pride dignity grace majesty grandeur splendor
    glory world reality illusion fantasy magic era century decade generation culture tradition heritage
    technology science art craft skill talent vision passion emotion comfort relaxation leisure luxury
    simplicity complexity intensity density depth clarity breath sleep hunger thirst pain pleasure delight
    surprise awe excitement concentration contemplation solitude isolation companionship friendship unity
    bond connection relationship interaction appearance look resemblance similarity difference comparison
    degree percent level vicinity proximity setting camera viewer observer photographer lens resolution
    gleam glint shimmer sheen brilliance radiance brightness lightness blur stillness hustle bustle
    afternoon red blue green yellow white black grey gray purple pink brown beige teal turquoise crimson
    scarlet maroon azure response reverse periphery tension marvel indecision precision defiance gravity
    mark creator loop rhythm layering unfolding project motif sequence stage possibility remnant evidence
    intent intention mind midst wake aftermath gradient spectrum texture dimension volume formation
    alignment row rows outline contour heartbeat sight accompaniment total count show trick fun business
    nobody noone
""")
"""Nouns that name nothing to be drawn in a place of its own."""

ABSTRACT_ENDINGS = ("ness", "ity", "ism", "ance", "ence", "ship", "tude", "hood", "cy")
CONCRETE_DESPITE_ENDING = word_set("""
    city audience fence ambulance appliance university facility harness spaceship ship airship starship
    battleship warship residence entrance substance fragrance pharmacy hood lioness princess witness
    governess prism steamship conveyance celebrity deity furnace cruise-ship
""")

SIZES: dict[str, Extent] = {
    **dict.fromkeys(
        [
            "large",
            "huge",
            "big",
            "giant",
            "gigantic",
            "enormous",
            "massive",
            "colossal",
            "towering",
            "vast",
            "immense",
            "oversized",
            "grand",
            "giant-sized",
            "monumental",
            "great",
        ],
        "large",
    ),
    **dict.fromkeys(
        [
            "small",
            "tiny",
            "little",
            "miniature",
            "mini",
            "minuscule",
            "petite",
            "wee",
            "diminutive",
            "small-sized",
            "distant",
        ],
        "small",
    ),
    **dict.fromkeys(["medium-sized", "mid-sized", "medium"], "medium"),
}
"""Adjectives of size to a place's extent."""

DIMENSIONS = word_set("""
    tall high long wide broad thick deep across old heavy big large small away square
""")
"""Adjectives that a measure comes before: "three inches tall"."""

_NUMERALS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty
"""
NUMBERS = {word: number for number, word in enumerate(_NUMERALS.split())} | {
    "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "both": 2, "few": 3, "several": 3, "twin": 2,
    "dozens": 24, "hundreds": 200, "thousand": 1000, "single": 1, "lone": 1, "solitary": 1,
}  # fmt: skip
"""Words that say how many; vague ones as what one would draw."""

PREDICATES: dict[str, Predicate] = {
    "on": "on", "upon": "on", "atop": "on", "onto": "on", "above": "above", "over": "above", "below": "below",
    "under": "under", "beneath": "under", "underneath": "under", "behind": "behind", "in": "inside",
    "inside": "inside", "within": "inside", "into": "inside", "near": "next to", "by": "next to",
    "beside": "next to", "alongside": "next to", "against": "next to", "around": "next to", "at": "next to",
    "among": "next to",
}  # fmt: skip
"""Prepositions to how their two things stand."""
