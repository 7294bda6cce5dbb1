import {
  type Circle,
  CRS,
  circle,
  control,
  map as createMap,
  divIcon,
  imageOverlay,
  type LatLng,
  latLng,
  latLngBounds,
  type Marker,
  marker,
  point,
  Transformation,
  tileLayer,
} from "leaflet";
import "leaflet/dist/leaflet.css";
import { headingOf } from "../words/map-draft.ts";

// Loaded with a map, not with the page. Leaflet's coordinates are fractions of the ground here, whatever it is: (y, x).

/** What lies under everything. */
export interface MapSurface {
  /** Pixels of the ground at zoom 0. */
  readonly width: number;
  readonly height: number;
  /** What of it is looked at first. */
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly picture?: string | undefined;
  readonly tiles?: { readonly url: string; readonly fromZoom: number; readonly toZoom: number } | undefined;
}

export interface MapMark {
  readonly key: string;
  readonly x: number;
  readonly y: number;
  /** What it is called, with how it is. */
  readonly label: string;
  readonly isOpenable: boolean;
  readonly isMovable: boolean;
  /** Stands above what is there. */
  readonly isLifted: boolean;
  readonly isChosen: boolean;
  readonly headingDegrees?: number | undefined;
  readonly reach?: number | undefined;
}

export interface MapListener {
  /** The element of a mark came, or went. */
  element(key: string, element: HTMLElement | undefined): void;
  open(key: string): void;
  grip(key: string): void;
  move(key: string, at: readonly [number, number]): void;
  turn(degrees: number): void;
  stretch(reach: number): void;
  tap(at: readonly [number, number]): void;
}

export interface MapCanvas {
  setMarks(marks: readonly MapMark[]): void;
  /** The middle of what is looked at, and how wide that is, in widths of the ground. */
  seen(): { readonly middle: readonly [number, number]; readonly width: number };
  destroy(): void;
}

/** A finger's width. CSS pixels. */
const MARK = 48;
/** From a camera to the handle by which it is turned. */
const HANDLE_AT = 68;
/** A step by the keyboard; with shift, a fine one. */
const STEP = 12;
const FINE_STEP = 1;
const KEYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
/** Beyond what any ground needs to be seen whole. */
const FARTHEST = -12;
/** CSS pixels. */
const LEAST_HEIGHT = 260;
/** What is below it stays in sight, and there is something to scroll the page by. */
const MOST_OF_SCREEN = 0.66;
/** So much nearer than as it is. */
const NEARER = 2;

interface StandingMark {
  readonly marker: Marker;
  readonly circle: Circle;
  mark: MapMark;
}

export function createMapCanvas(
  frame: HTMLElement,
  surface: MapSurface,
  words: { readonly nearer: string; readonly farther: string },
  listener: MapListener,
): MapCanvas {
  const { width, height, left, top, right, bottom, tiles, picture } = surface;
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const bounds = latLngBounds([top, left], [bottom, right]);
  const map = createMap(frame, {
    crs: Object.assign({}, CRS.Simple, { transformation: new Transformation(width, 0, height, 0) }),
    attributionControl: false,
    zoomControl: false,
    zoomSnap: 0.1,
    scrollWheelZoom: false,
    maxBounds: bounds.pad(0.25),
    maxBoundsViscosity: 0.8,
    zoomAnimation: !isStill,
    fadeAnimation: !isStill,
    markerZoomAnimation: !isStill,
    inertia: !isStill,
  });
  const zoom = control.zoom({ zoomInTitle: words.nearer, zoomOutTitle: words.farther }).addTo(map);
  // Below the ground: on it they would hide what stands there.
  frame.after(zoom.getContainer() ?? "");
  if (picture !== undefined) imageOverlay(picture, bounds).addTo(map);
  if (tiles) {
    const { url, fromZoom, toZoom } = tiles;
    tileLayer(url, { bounds, minNativeZoom: fromZoom, maxNativeZoom: toZoom, minZoom: 0, maxZoom: 25 }).addTo(
      map,
    );
  }
  // The wheel turns the page until somebody means the map.
  map.on("focus", () => map.scrollWheelZoom.enable()).on("blur", () => map.scrollWheelZoom.disable());
  map.on("click", ({ latlng }) => listener.tap([latlng.lng, latlng.lat]));

  let hasMoved = false;
  /** The zoom at which all of the ground is in sight. */
  let whole = FARTHEST;
  function showWhole(): void {
    // Behind a log-in the page is there without a size.
    if (frame.clientWidth === 0) return;
    const high = (frame.clientWidth * height * (bottom - top)) / (width * (right - left));
    frame.style.height = `${Math.round(Math.max(LEAST_HEIGHT, Math.min(high, innerHeight * MOST_OF_SCREEN)))}px`;
    map.invalidateSize({ animate: false, pan: false }).setMinZoom(FARTHEST);
    whole = map.getBoundsZoom(bounds);
    // Before the limits: where they move the map themselves they do it slowly, and would end what was fitted meanwhile.
    if (!hasMoved) map.fitBounds(bounds, { animate: false });
    map.setMinZoom(whole).setMaxZoom(Math.max(tiles?.toZoom ?? 0, whole) + NEARER);
    place();
  }
  const observer = new ResizeObserver(showWhole);

  const standing = new Map<string, StandingMark>();
  const handle = marker([0, 0], {
    icon: divIcon({ className: "map-handle", iconSize: [44, 44] }),
    draggable: true,
    keyboard: false,
    zIndexOffset: 2000,
  });
  const chosen = (): StandingMark | undefined => [...standing.values()].find(({ mark }) => mark.isChosen);

  /** Pixels from edge to edge at the present zoom. */
  function pixels(): readonly [number, number] {
    const scale = map.getZoomScale(map.getZoom(), 0);
    return [width * scale, height * scale];
  }

  handle.on("drag", () => {
    const one = chosen();
    if (!one) return;
    const from = map.latLngToLayerPoint(one.marker.getLatLng());
    const way = map.latLngToLayerPoint(handle.getLatLng()).subtract(from);
    if (one.mark.headingDegrees !== undefined) listener.turn(headingOf(way.x, way.y));
    else listener.stretch(Math.hypot(way.x, way.y) / pixels()[0]);
  });
  handle.on("dragend", () => place());
  map.on("zoomend", () => place());

  /** The handle of what is chosen goes where it belongs. */
  function place(): void {
    const one = chosen();
    const at = one?.mark.isMovable ? handleOf(one) : undefined;
    if (!at) {
      handle.remove();
      return;
    }
    handle.setLatLng(at).addTo(map);
    // What it does can be done by buttons as well, which say so.
    handle.getElement()?.setAttribute("aria-hidden", "true");
  }

  function handleOf({ mark, marker: of }: StandingMark): LatLng | undefined {
    const { headingDegrees, reach } = mark;
    const at = of.getLatLng();
    if (reach !== undefined) return latLng(at.lat, at.lng + reach);
    if (headingDegrees === undefined) return undefined;
    const angle = (headingDegrees * Math.PI) / 180;
    const way = point(Math.sin(angle), -Math.cos(angle)).multiplyBy(HANDLE_AT);
    return map.layerPointToLatLng(map.latLngToLayerPoint(at).add(way));
  }

  function stand(mark: MapMark): StandingMark {
    const lift = mark.isLifted ? MARK : 0;
    const of = marker([mark.y, mark.x], {
      icon: divIcon({
        className: "map-mark",
        iconSize: [MARK, MARK],
        iconAnchor: [MARK / 2, MARK / 2 + lift],
      }),
      keyboard: false,
      riseOnHover: true,
      zIndexOffset: mark.isLifted ? 1000 : 0,
    }).addTo(map);
    const around = circle([mark.y, mark.x], { radius: 0, className: "map-reach", interactive: false });
    const one: StandingMark = { marker: of, circle: around, mark };
    of.on("click", () => one.mark.isOpenable && listener.open(mark.key));
    of.on("dragstart", () => listener.grip(mark.key));
    of.on("drag", () => {
      const { lat, lng } = of.getLatLng();
      listener.move(mark.key, [lng, lat]);
    });
    of.getElement()?.addEventListener("keydown", (event) => onKey(event, one.mark));
    listener.element(mark.key, of.getElement());
    return one;
  }

  function onKey(event: KeyboardEvent, { key, x, y, isMovable, isOpenable }: MapMark): void {
    const step = KEYS[event.key];
    const opens = event.key === "Enter" || event.key === " ";
    if (!(step && isMovable) && !(opens && isOpenable)) return;
    event.preventDefault();
    event.stopPropagation();
    if (!step) {
      listener.open(key);
      return;
    }
    const far = event.shiftKey ? FINE_STEP : STEP;
    const [wide, high] = pixels();
    listener.grip(key);
    listener.move(key, [x + (step[0] * far) / wide, y + (step[1] * far) / high]);
  }

  function show(one: StandingMark): void {
    const { mark, marker: of, circle: around } = one;
    const element = of.getElement();
    of.setLatLng([mark.y, mark.x]);
    if (mark.isMovable) of.dragging?.enable();
    else of.dragging?.disable();
    const isButton = mark.isOpenable || mark.isMovable;
    element?.setAttribute("role", isButton ? "button" : "img");
    element?.setAttribute("aria-label", mark.label);
    if (isButton) element?.setAttribute("tabindex", "0");
    else element?.removeAttribute("tabindex");
    if (mark.isMovable) element?.setAttribute("aria-pressed", String(mark.isChosen));
    else element?.removeAttribute("aria-pressed");
    element?.classList.toggle("map-mark--button", isButton);
    if (mark.reach === undefined) around.remove();
    else around.setLatLng([mark.y, mark.x]).setRadius(mark.reach).addTo(map);
  }

  map.fitBounds(bounds, { animate: false });
  showWhole();
  // From here on it is somebody's own doing.
  map.on("zoomend dragend", () => {
    hasMoved = map.getZoom() !== whole;
  });
  observer.observe(frame);

  return {
    setMarks(marks) {
      const keys = new Set(marks.map(({ key }) => key));
      for (const [key, one] of standing) {
        if (keys.has(key)) continue;
        standing.delete(key);
        listener.element(key, undefined);
        one.marker.remove();
        one.circle.remove();
      }
      for (const mark of marks) {
        const one = standing.get(mark.key) ?? stand(mark);
        one.mark = mark;
        standing.set(mark.key, one);
        show(one);
      }
      place();
    },
    seen() {
      const { lat, lng } = map.getCenter();
      const view = map.getBounds();
      return { middle: [lng, lat], width: Math.min(right - left, view.getEast() - view.getWest()) };
    },
    destroy() {
      observer.disconnect();
      map.remove();
    },
  };
}
