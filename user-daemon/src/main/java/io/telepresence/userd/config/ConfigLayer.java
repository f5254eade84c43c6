package io.telepresence.userd.config;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** What one source of configuration says: only the keys that it has, with their values read. Immutable. */
public final class ConfigLayer {
    private static final LoadSettings SETTINGS = LoadSettings.builder().build();
    public static final ConfigLayer EMPTY = new ConfigLayer(Map.of());

    private final Map<Key, Object> values;

    private ConfigLayer(Map<Key, Object> values) {
        this.values = values;
    }

    Map<Key, Object> values() {
        return values;
    }

    /**
     * Reads a layer from YAML text. An empty text is an empty layer.
     *
     * @param where names the source in problems
     */
    public static ConfigLayer parse(String text, String where, Problems problems) {
        Reader reader = new Reader(where, problems, new HashMap<>());
        try {
            Optional<Node> root = new Compose(SETTINGS).composeString(text);
            root.ifPresent(node -> reader.node("", node));
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(Mark::getLine).orElse(-1) + 1;
            problems.error(where, line, "not valid YAML: " + e.getProblem());
        }
        return new ConfigLayer(Map.copyOf(reader.values));
    }

    /** A layer from values that were parsed as part of something else, for example a kubeconfig. */
    public static ConfigLayer of(Map<?, ?> tree, String where, Problems problems) {
        Reader reader = new Reader(where, problems, new HashMap<>());
        reader.tree("", tree);
        return new ConfigLayer(Map.copyOf(reader.values));
    }

    private record Reader(String where, Problems problems, Map<Key, Object> values) {
        void node(String path, Node node) {
            if (node instanceof MappingNode mapping && Key.at(path).isEmpty()) {
                for (NodeTuple tuple : mapping.getValue()) {
                    Node name = tuple.getKeyNode();
                    if (name instanceof ScalarNode scalar) {
                        child(path, scalar.getValue(), tuple.getValueNode(), line(name));
                    }
                }
            } else if (!isNull(node)) {
                problems.error(where, line(node), (path.isEmpty() ? "the file" : path) + " must be a mapping");
            }
        }

        private void child(String path, String name, Node value, int line) {
            String full = path.isEmpty() ? name : path + "." + name;
            Optional<Key> key = Key.at(full);
            if (key.isPresent()) {
                put(key.get(), plain(value), line);
            } else if (path.isEmpty() && Key.SECTIONS.contains(name)) {
                node(full, value);
            } else {
                problems.warning(where, line, "unknown key " + full + " is ignored");
            }
        }

        void tree(String path, Map<?, ?> tree) {
            tree.forEach((name, value) -> {
                String full = path.isEmpty() ? name.toString() : path + "." + name;
                Optional<Key> key = Key.at(full);
                if (key.isPresent()) {
                    put(key.get(), value, 0);
                } else if (path.isEmpty() && value instanceof Map<?, ?> inner) {
                    tree(full, inner);
                } else {
                    problems.warning(where, 0, "unknown key " + full + " is ignored");
                }
            });
        }

        private void put(Key key, Object value, int line) {
            if (value == null) {
                return;
            }
            try {
                values.put(key, key.read(value));
            } catch (IllegalArgumentException e) {
                problems.error(where, line, key.path() + ": " + e.getMessage());
            }
        }

        private static Object plain(Node node) {
            return new org.snakeyaml.engine.v2.constructor.StandardConstructor(SETTINGS)
                    .constructSingleDocument(Optional.of(node));
        }

        private static boolean isNull(Node node) {
            return node instanceof ScalarNode scalar && List.of("", "null", "~").contains(scalar.getValue());
        }

        private static int line(Node node) {
            return node.getStartMark().map(Mark::getLine).orElse(-1) + 1;
        }
    }

    /** This layer's values with those of a stronger one over them. */
    public ConfigLayer under(ConfigLayer stronger) {
        Map<Key, Object> both = new LinkedHashMap<>(values);
        both.putAll(stronger.values);
        return new ConfigLayer(Map.copyOf(both));
    }
}
